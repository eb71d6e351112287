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
use std::ops::Range;
use std::path::Path;

use memmap2::Mmap;

use super::StateDtype;
pub use blocks::BlockType;
pub use error::{Fault, GgufError};
pub use metadata::{Metadata, Value};

/// A GGUF file that was found sound.
#[derive(Debug)]
pub struct Gguf {
    bytes: Bytes,
    metadata: Metadata,
    tensors: BTreeMap<String, Place>,
}

/// Where a file's bytes are.
#[derive(Debug)]
enum Bytes {
    Mapped(Mmap),
    Owned(Vec<u8>),
}

impl Bytes {
    fn get(&self) -> &[u8] {
        match self {
            Bytes::Mapped(map) => map,
            Bytes::Owned(bytes) => bytes,
        }
    }
}

/// Where a tensor lies in a file, and what it is.
#[derive(Debug)]
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
        let path = path.as_ref();
        let bytes = super::read(path).map_err(|source| GgufError::Io { path: path.into(), source })?;
        Gguf::of(Bytes::Owned(bytes)).map_err(|fault| GgufError::Damaged { path: Some(path.into()), fault })
    }

    /// Opens a file without reading its tensors; they come into memory where they are looked at.
    ///
    /// # Safety
    /// Nobody changes or shortens the file as long as this value lives.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub unsafe fn map(path: impl AsRef<Path>) -> Result<Self, GgufError> {
        let path = path.as_ref();
        let io = |source| GgufError::Io { path: path.into(), source };
        let file = std::fs::File::open(path).map_err(io)?;
        if !file.metadata().map_err(io)?.is_file() {
            return Err(io(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is not a file")));
        }
        // SAFETY: as the caller promises.
        let map = unsafe { Mmap::map(&file) }.map_err(io)?;
        Gguf::of(Bytes::Mapped(map)).map_err(|fault| GgufError::Damaged { path: Some(path.into()), fault })
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// [`GgufError::Damaged`]
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, GgufError> {
        Gguf::of(Bytes::Owned(bytes)).map_err(|fault| GgufError::Damaged { path: None, fault })
    }

    fn of(bytes: Bytes) -> Result<Self, Fault> {
        let (metadata, tensors) = head::parse(bytes.get())?;
        Ok(Gguf { bytes, metadata, tensors })
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
        GgufTensor { name, place, bytes: &self.bytes.get()[place.bytes.clone()] }
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
        let mut numbers = Vec::with_capacity(self.elements());
        self.block_type().decode(self.bytes, |values| numbers.extend_from_slice(values));
        numbers
    }
}
