//! Why a network could not be saved or loaded.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::Mismatch;

/// Why a network was not saved.
///
/// ```
/// use tensor_core::io::SaveError;
///
/// let error = SaveError::Duplicate { name: "hidden.weight".into() };
/// assert_eq!(error.to_string(), "two tensors of this network are called `hidden.weight`");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The operating system refused to create, write or rename the file.
    #[error("cannot write `{}`: {source}", path.display())]
    Io {
        /// Where the network was to be saved.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file holds each name once, but two tensors of the network have the same.
    #[error("two tensors of this network are called `{name}`")]
    Duplicate {
        /// The name they share.
        name: String,
    },
    /// The format cannot hold this network.
    #[error("safetensors cannot hold this network: {reason}")]
    Format {
        /// What is in the way.
        reason: String,
    },
}

/// Why a network was not loaded. The network is unchanged.
///
/// ```
/// use dfdx::prelude::*;
/// use tensor_core::io::{LoadError, StateDict};
///
/// let mut net = Cpu::default().build_module::<Linear<4, 8>, f32>();
/// let error = net.load_bytes(b"PK\x03\x04").unwrap_err();
/// assert!(matches!(&error, LoadError::Format { path: None, .. }));
/// assert_eq!(
///     error.to_string(),
///     "not a whole safetensors file: it has 4 bytes, and the length of its header alone takes 8",
/// );
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The operating system refused to open or read the file.
    #[error("cannot read `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The bytes are not those of a safetensors file: cut short, damaged or of another format.
    #[error("{}not a whole safetensors file: {reason}", subject(path.as_deref()))]
    Format {
        /// The file; nothing if the bytes came from elsewhere.
        path: Option<PathBuf>,
        /// What is wrong, and where.
        reason: String,
    },
    /// The index of a checkpoint of several files is none, or does not fit the files.
    #[error("the index `{}` is wrong: {reason}", path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// Weights were to be loaded from where `weights!` has a header alone.
    #[error("`weights!` has a header alone: say with `load_from` where the weights are")]
    Header,
    /// Two tensors of a checkpoint were given the same name.
    #[error("`{}` and `{}` would both be called `{name}`", from[0], from[1])]
    Twice {
        /// The name.
        name: String,
        /// What they are called in the file.
        from: [String; 2],
    },
    /// A tensor of a checkpoint does not have the axes that a change of its layout needs.
    #[error("`{name}` has the shape {shape:?}; none that {wanted}")]
    Layout {
        /// Its name in the file.
        name: String,
        /// Its shape before the change.
        shape: Vec<usize>,
        /// What would be needed: a sentence that goes on with "none that".
        wanted: String,
    },
    /// A GGUF file is not sound.
    #[cfg(feature = "gguf")]
    #[error(transparent)]
    Gguf(#[from] super::gguf::GgufError),
    /// The file is sound, but its tensors are not those of the network.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// A setting of a layer has a value in the file that its type cannot hold, such as `-1` for an unsigned integer.
    #[error("`{name}` is {value} in the file, which its type in this network cannot hold")]
    OutOfRange {
        /// The setting's name.
        name: String,
        /// Its value in the file.
        value: f64,
    },
    /// Two tensors of the network have the same name, so that the file cannot tell them apart.
    #[error("two tensors of this network are called `{name}`")]
    Duplicate {
        /// The name they share.
        name: String,
    },
}

impl LoadError {
    /// Of bytes whose file is not known.
    pub(crate) fn format(reason: impl ToString) -> LoadError {
        LoadError::Format { path: None, reason: reason.to_string() }
    }

    /// Names the file that the bytes came from.
    pub(crate) fn at(mut self, file: &Path) -> LoadError {
        match &mut self {
            LoadError::Format { path, .. } | LoadError::Mismatch(Mismatch { path, .. }) => {
                *path = Some(file.into())
            }
            #[cfg(feature = "gguf")]
            LoadError::Gguf(error) => error.set_path(file),
            LoadError::Io { .. }
            | LoadError::Index { .. }
            | LoadError::Header
            | LoadError::Twice { .. }
            | LoadError::Layout { .. }
            | LoadError::OutOfRange { .. }
            | LoadError::Duplicate { .. } => {}
        }
        self
    }
}

fn subject(path: Option<&Path>) -> String {
    path.map(|path| format!("`{}` is ", path.display())).unwrap_or_default()
}
