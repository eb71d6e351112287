//! How the numbers of a tensor are written in a file.

use std::fmt;

use tensor_header::Dtype;

use super::codec::{Codec, decode, is_readable};
#[cfg(feature = "gguf")]
use super::gguf::BlockType;

/// How the numbers of a tensor are written in a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// One by one, as in safetensors files.
    Plain(Dtype),
    /// As in GGUF files.
    #[cfg(feature = "gguf")]
    Blocks(BlockType),
}

impl Encoding {
    /// Whether [`decode`](Self::decode) gives something.
    pub(super) fn is_readable(self) -> bool {
        match self {
            Encoding::Plain(dtype) => is_readable(dtype),
            #[cfg(feature = "gguf")]
            Encoding::Blocks(_) => true,
        }
    }

    /// The numbers of `bytes`, if they can be read.
    pub(super) fn decode<E: Codec>(self, bytes: &[u8]) -> Option<Vec<E>> {
        match self {
            Encoding::Plain(dtype) => decode(dtype, bytes),
            #[cfg(feature = "gguf")]
            Encoding::Blocks(block_type) => Some(block_type.decode_all(bytes)),
        }
    }
}

impl PartialEq<Dtype> for Encoding {
    fn eq(&self, dtype: &Dtype) -> bool {
        *self == Encoding::Plain(*dtype)
    }
}

/// The name that the format gives it.
impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Encoding::Plain(dtype) => dtype.fmt(f),
            #[cfg(feature = "gguf")]
            Encoding::Blocks(block_type) => block_type.fmt(f),
        }
    }
}
