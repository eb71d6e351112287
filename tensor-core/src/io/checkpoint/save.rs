//! A checkpoint back into a file.

use std::path::Path;

use tensor_header::Dtype;

use super::super::codec::Codec;
use super::super::encoding::Encoding;
use super::super::stored::Stored;
use super::super::{Entry, SaveError, put, serialize};
use super::Checkpoint;

impl Checkpoint {
    /// Writes the tensors under their names and in their layouts into the safetensors file `path`, as
    /// [`StateDict::save`](crate::io::StateDict::save) does: whole or not at all.
    ///
    /// Numbers keep their type where nothing is turned; else halves and blocks of few bits become `F32`.
    ///
    /// So a network goes back under the names that others know, here those of PyTorch's BERT:
    /// ```
    /// use tensor_core::io::Checkpoint;
    /// use tensor_core::prelude::*;
    ///
    /// layer! { struct Block: [n, 8] -> [n, 8] { attention: attention(heads: 2) } }
    ///
    /// let net = Block::new(&Cpu::default());
    /// let path = std::env::temp_dir().join(format!("block_{}.safetensors", std::process::id()));
    /// Checkpoint::from_bytes(net.save_bytes()?)?
    ///     .rename(|name| name.replace("w_q", "self.query").replace("w_k", "self.key").replace("w_v", "self.value"))?
    ///     .save(&path)?;
    /// assert!(Checkpoint::open(&path)?.tensor("attention.self.query.weight").is_some());
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`SaveError::Io`]; [`SaveError::Format`] for numbers of a type that can't be read and are to be turned.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SaveError> {
        put(path.as_ref(), &self.save_bytes()?)
    }

    /// What [`save`](Self::save) writes, as bytes.
    ///
    /// # Errors
    /// [`SaveError::Format`].
    pub fn save_bytes(&self) -> Result<Vec<u8>, SaveError> {
        let entries: Result<Vec<Entry>, SaveError> =
            self.tensors.iter().map(|(name, tensor)| entry(name, &tensor.stored())).collect();
        serialize(&entries?, ("format", "pt"))
    }
}

fn entry(name: &str, stored: &Stored<'_>) -> Result<Entry, SaveError> {
    let (dtype, bytes) = match stored.dtype {
        Encoding::Plain(dtype) if stored.is_untouched() => (dtype, Some(stored.bytes.to_vec())),
        Encoding::Plain(Dtype::F64) => (Dtype::F64, stored.numbers().map(|numbers| f64::to_bytes(&numbers))),
        _ => (Dtype::F32, stored.numbers().map(|numbers| f32::to_bytes(&numbers))),
    };
    let unread = || SaveError::Format {
        reason: format!("`{name}` is {:?}, which can't be read and so not turned", stored.dtype),
    };
    Ok(Entry { name: name.into(), dtype, shape: stored.shape.clone(), bytes: bytes.ok_or_else(unread)? })
}
