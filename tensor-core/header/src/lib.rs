//! Headers of [safetensors] files, and the [`Json`] in them: what such a file says of its tensors, without their numbers.
//!
//! tensor-core reads them at run time, its macro `weights!` at compile time; so this is a crate of its own, with the checks
//! that both make. Files have 8 bytes with the header's length, then JSON that says where each tensor lies, then the tensors.
//!
//! ```
//! use tensor_header::{Dtype, Entry, Header, serialize};
//!
//! let bias = [1.0_f32, 2.0].map(f32::to_le_bytes).concat();
//! let file = serialize(
//!     &[Entry { name: "bias", dtype: Dtype::F32, shape: &[2], bytes: &bias }],
//!     &[("format", "pt")],
//! )?;
//! let (header, data) = Header::of(&file)?;
//! assert_eq!((header.tensors()[0].shape(), data), (&[2][..], &bias[..]));
//! assert_eq!(header.text("format"), Some("pt"));
//!
//! let error = Header::of(&file[..file.len() - 1]).unwrap_err();
//! assert_eq!(error.to_string(), "`bias` ends at byte 8 of the data, but the file has only 7");
//! # Ok::<(), tensor_header::HeaderError>(())
//! ```
//!
//! [safetensors]: https://huggingface.co/docs/safetensors

mod dtype;
mod error;
mod header;
mod json;
mod write;

pub use dtype::Dtype;
pub use error::HeaderError;
pub use header::{Header, METADATA, Tensor};
pub use json::{Json, JsonError};
pub use write::{Entry, head, serialize};
