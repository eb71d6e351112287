//! GGUF files: the weights of language models in blocks of few bits, with all that a tokenizer needs beside them.
//!
//! [`Gguf`] checks a whole file when it opens it, so that what it gives later needs no more checks: each tensor lies in the
//! file, none shares bytes with another, and each is of a type that can be decoded. Nothing is allocated on the word of the
//! file: memory stays within a small multiple of its head.
//!
//! ```
//! use tensor_core::io::gguf::{BlockType, Gguf, Metadata};
//!
//! // What a writer puts into a file of one key and one tensor.
//! let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
//! let mut file = [&b"GGUF"[..], &3u32.to_le_bytes(), &1u64.to_le_bytes(), &1u64.to_le_bytes()].concat();
//! file.extend([text("general.name"), 8u32.to_le_bytes().into(), text("tiny")].concat());
//! file.extend([text("scale"), 2u32.to_le_bytes().into()].concat()); // two axes, the innermost first
//! file.extend([3u64.to_le_bytes(), 2u64.to_le_bytes()].concat());
//! file.extend([&0u32.to_le_bytes()[..], &0u64.to_le_bytes()].concat()); // F32, at the data's beginning
//! file.resize(file.len().next_multiple_of(32), 0);
//! file.extend([1f32, 2., 3., 4., 5., 6.].into_iter().flat_map(f32::to_le_bytes));
//!
//! let file = Gguf::from_bytes(file)?;
//! assert_eq!(file.metadata().text("general.name")?, "tiny");
//! let scale = file.tensor("scale").expect("it is there");
//! assert_eq!((scale.shape(), scale.block_type()), (&[2, 3][..], BlockType::F32));
//! assert_eq!(scale.decode::<f64>(), [1., 2., 3., 4., 5., 6.]);
//! # Ok::<(), tensor_core::io::gguf::GgufError>(())
//! ```
//!
//! # Source
//! [The format's description](https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), versions 2 and 3 with the lowest
//! byte first. Blocks are decoded as ggml's reference does it, to the same bits.

mod blocks;
mod cursor;
mod error;
mod head;
mod metadata;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::StateDtype;
use super::encoding::Encoding;
use super::whole::Whole;
use super::{Checkpoint, header};
pub use blocks::BlockType;
pub use error::{Fault, GgufError};
pub use metadata::{Metadata, Value};

/// A GGUF file that was found sound.
#[derive(Debug)]
pub struct Gguf {
    file: Arc<Whole>,
    metadata: Metadata,
    tensors: BTreeMap<String, Place>,
}

/// Where a tensor lies in a file, and what it is.
#[derive(Clone, Debug)]
struct Place {
    shape: Vec<usize>,
    block_type: BlockType,
    bytes: Range<usize>,
}

/// A tensor of a [`Gguf`] file.
#[derive(Clone, Copy, Debug)]
pub struct GgufTensor<'g> {
    name: &'g str,
    place: &'g Place,
    bytes: &'g [u8],
}

impl Gguf {
    /// Reads a file into memory.
    ///
    /// # Errors
    /// [`GgufError`]: it can't be read, or isn't sound.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, GgufError> {
        Gguf::at_path(path.as_ref(), Whole::read)
    }

    /// Opens a file without reading its tensors; they come into memory where they are looked at.
    ///
    /// # Safety
    /// Nobody changes or shortens the file as long as this value, or a checkpoint of it, lives.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub unsafe fn map(path: impl AsRef<Path>) -> Result<Self, GgufError> {
        // SAFETY: as the caller promises.
        Gguf::at_path(path.as_ref(), |path| unsafe { Whole::map(path) })
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// [`GgufError::Damaged`]
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, GgufError> {
        Ok(Gguf::of(Whole::Read(bytes))?)
    }

    fn at_path(path: &Path, open: impl FnOnce(&Path) -> io::Result<Whole>) -> Result<Self, GgufError> {
        let file = open(path).map_err(|source| GgufError::Io { path: path.into(), source })?;
        Gguf::of(file).map_err(|fault| GgufError::Damaged { path: Some(path.into()), fault })
    }

    pub(super) fn of(file: Whole) -> Result<Self, Fault> {
        let (metadata, tensors) = head::parse(file.bytes())?;
        Ok(Gguf { file: Arc::new(file), metadata, tensors })
    }

    pub(super) fn file(&self) -> &Arc<Whole> {
        &self.file
    }

    /// Where each tensor lies, as for files of any kind.
    pub(super) fn places(&self) -> impl Iterator<Item = (String, header::Place)> {
        self.tensors.iter().map(|(name, place)| {
            let Place { shape, block_type, bytes } = place.clone();
            (name.clone(), header::Place { dtype: Encoding::Blocks(block_type), shape, bytes })
        })
    }

    /// The tensors as those of a [`Checkpoint`], to be brought into a network.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint::of_gguf(self)
    }

    /// What it says beside its tensors: sizes of the network, tables of the tokenizer.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The tensors, by name in order.
    pub fn tensors(&self) -> impl Iterator<Item = GgufTensor<'_>> {
        self.tensors.iter().map(|(name, place)| self.at(name, place))
    }

    /// The tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<GgufTensor<'_>> {
        self.tensors.get_key_value(name).map(|(name, place)| self.at(name, place))
    }

    fn at<'g>(&'g self, name: &'g str, place: &'g Place) -> GgufTensor<'g> {
        GgufTensor { name, place, bytes: &self.file.bytes()[place.bytes.clone()] }
    }
}

impl<'g> GgufTensor<'g> {
    /// What it is called.
    pub fn name(&self) -> &'g str {
        self.name
    }

    /// The sizes of its axes, the outermost first, as PyTorch has them; the file lists them the other way round.
    pub fn shape(&self) -> &'g [usize] {
        &self.place.shape
    }

    /// How its numbers are stored.
    pub fn block_type(&self) -> BlockType {
        self.place.block_type
    }

    /// Its bytes in the file: whole blocks.
    pub fn bytes(&self) -> &'g [u8] {
        self.bytes
    }

    /// How many numbers it has.
    pub fn elements(&self) -> usize {
        self.bytes.len() / self.block_type().bytes() * self.block_type().elements()
    }

    /// Its numbers in the order of its axes.
    pub fn decode<E: StateDtype>(&self) -> Vec<E> {
        self.block_type().decode_all(self.bytes)
    }
}
