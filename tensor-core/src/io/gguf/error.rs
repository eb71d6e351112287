//! Why a GGUF file is not taken.

use std::io;
use std::path::{Path, PathBuf};

/// Why a GGUF file was not read, or does not say what it is asked for.
///
/// ```
/// use tensor_core::io::gguf::{Fault, Gguf, GgufError};
///
/// let error = Gguf::from_bytes(b"GGUF\x07\0\0\0".to_vec()).unwrap_err();
/// assert!(matches!(error, GgufError::Damaged { fault: Fault::Version { found: 7 }, .. }));
/// assert_eq!(error.to_string(), "not a sound GGUF file: it has version 7, where 2 or 3 is wanted");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GgufError {
    /// The operating system refused to open or read the file.
    #[error("cannot read `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is cut short, damaged, or of another kind.
    #[error("{}not a sound GGUF file: {fault}", subject(path.as_deref()))]
    Damaged {
        /// The file; nothing if the bytes came from elsewhere.
        path: Option<PathBuf>,
        /// What is wrong.
        fault: Fault,
    },
    /// It says nothing under this key.
    #[error("the GGUF file has no `{key}`")]
    Missing {
        /// The key.
        key: String,
    },
    /// It says something of another kind under this key.
    #[error("`{key}` of the GGUF file is {found}, where {expected} is wanted")]
    Kind {
        /// The key.
        key: String,
        /// What is wanted.
        expected: &'static str,
        /// What is there.
        found: String,
    },
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It does not begin as GGUF files do.
    #[error("its first four bytes are not `GGUF`")]
    Magic,
    /// Its numbers have their highest byte first.
    #[error("its numbers have the highest byte first, which is not read")]
    BigEndian,
    /// It is of a version that is not read.
    #[error("it has version {found}, where 2 or 3 is wanted")]
    Version {
        /// Its version.
        found: u32,
    },
    /// It ends within its first lines.
    #[error("{reason}")]
    Head {
        /// What is wrong, and where.
        reason: String,
    },
    /// A key, or what it says.
    #[error("key {number}, `{key}`: {reason}")]
    Key {
        /// Which one, from 1.
        number: u64,
        /// Its name, as far as it could be read.
        key: String,
        /// What is wrong.
        reason: String,
    },
    /// A tensor.
    #[error("tensor {number}, `{tensor}`: {reason}")]
    Tensor {
        /// Which one, from 1.
        number: u64,
        /// Its name, as far as it could be read.
        tensor: String,
        /// What is wrong.
        reason: String,
    },
}

impl GgufError {
    /// Names the file that the bytes came from.
    pub(in crate::io) fn set_path(&mut self, file: &Path) {
        if let GgufError::Damaged { path, .. } = self {
            *path = Some(file.into());
        }
    }
}

impl From<Fault> for GgufError {
    fn from(fault: Fault) -> Self {
        GgufError::Damaged { path: None, fault }
    }
}

fn subject(path: Option<&Path>) -> String {
    path.map(|path| format!("`{}` is ", path.display())).unwrap_or_default()
}
