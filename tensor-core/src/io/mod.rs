//! Saving and loading of networks as [safetensors] files.
//!
//! Everything here works on any dfdx [`TensorCollection`], be it declared by `layer!` or by hand: bring [`StateDict`]
//! into scope and call [`save`](StateDict::save) and [`load`](StateDict::load). The file holds each tensor under the
//! name that dfdx's walk over the fields gives it (`hidden.weight`, `blocks.0.up.bias`), row-major, in the network's own
//! number type. PyTorch's `safetensors.torch.load_file` reads such files.
//!
//! ```
//! use dfdx::prelude::*;
//! use tensor_core::io::StateDict;
//!
//! let device = Cpu::default();
//! let trained = device.build_module::<(Linear<4, 8>, ReLU, Linear<8, 3>), f32>();
//! let path = std::env::temp_dir().join(format!("two_layer_{}.safetensors", std::process::id()));
//! trained.save(&path)?;
//!
//! let mut net = device.build_module::<(Linear<4, 8>, ReLU, Linear<8, 3>), f32>();
//! net.load(&path)?;
//! assert_eq!(net.0.weight.array(), trained.0.weight.array());
//!
//! let mut wider = device.build_module::<(Linear<5, 8>, ReLU, Linear<8, 3>), f32>();
//! let error = wider.load(&path).unwrap_err().to_string();
//! assert!(error.contains("wrong shape   0.weight: the network has [8, 5], the file [8, 4]"));
//! # std::fs::remove_file(path)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A [`Checkpoint`] is for files of other origin: sharded ones, other names, matrices transposed or packed together; with the
//! feature `gguf` also language models in GGUF files (module `gguf`).
//!
//! [safetensors]: https://huggingface.co/docs/safetensors

mod checkpoint;
mod codec;
mod encoding;
mod error;
#[cfg(feature = "gguf")]
pub mod gguf;
mod header;
mod load;
mod pretrained;
mod report;
mod save;
mod slots;
mod stored;
#[cfg(test)]
mod tests;
mod whole;

use std::path::Path;

use dfdx::{nn::tensor_collection::TensorCollection, tensor_ops::Device};

pub use checkpoint::{Checkpoint, CheckpointTensor};
pub use codec::StateDtype;
pub(crate) use codec::decode;
pub use error::{LoadError, SaveError};
pub(crate) use header::parse;
pub(crate) use load::{Part, load_part, open, read};
pub use pretrained::Pretrained;
pub(crate) use report::nearest_name;
pub use report::{Mismatch, Missing, Unexpected, WrongDtype, WrongShape};
pub(crate) use save::{Entry, entries, put, replace, serialize};
pub(crate) use stored::Stored;

/// The text of this key among the metadata of a file's bytes, if there is some.
pub(crate) fn metadata(bytes: &[u8], key: &str) -> Result<Option<String>, LoadError> {
    header::text(bytes, key).map_err(LoadError::format)
}

/// One entry of a state dict: what it is called and what shape it has.
///
/// ```
/// use tensor_core::io::TensorInfo;
///
/// let bias = TensorInfo { name: "output.bias".into(), shape: vec![3] };
/// assert_eq!(bias.to_string(), "output.bias [3]");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    /// The path of field names, joined by dots.
    pub name: String,
    /// The sizes of the axes, outermost first; empty for a single number.
    pub shape: Vec<usize>,
}

impl std::fmt::Display for TensorInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?}", self.name, self.shape)
    }
}

/// Saves and loads the tensors of a network by name.
///
/// Every [`TensorCollection`] of `f32` or `f64` has it. Besides tensors a dfdx module may have *scalars*, settings such as
/// the `epsilon` of its `LayerNorm1D`: they are saved too (as `F64` of shape `[]`), but a file need not have them; those
/// it lacks stay as they are.
///
/// A module without any tensors, such as a bare `ReLU`, is a collection for every number type: say which, as in
/// `StateDict::<f32, Cpu>::save(&relu, path)`.
pub trait StateDict<E: StateDtype, D: Device<E>>: TensorCollection<E, D> {
    /// Writes all tensors into the safetensors file `path`, replacing the file that is there.
    ///
    /// The new file is written beside the old one (as `<path>.<process id>.<n>.tmp`), flushed to the disk and renamed, so
    /// that at every moment `path` is either the old file or the new one, whole. The same weights give the same bytes.
    ///
    /// # Errors
    /// [`SaveError`]; `path` is then what it was before, and nothing stays beside it.
    ///
    /// ```
    /// use dfdx::prelude::*;
    /// use tensor_core::io::{SaveError, StateDict};
    ///
    /// let net = Cpu::default().build_module::<Linear<4, 8>, f32>();
    /// assert!(matches!(net.save("no/such/folder/net.safetensors"), Err(SaveError::Io { .. })));
    /// ```
    fn save(&self, path: impl AsRef<Path>) -> Result<(), SaveError> {
        save::save(self, path.as_ref())
    }

    /// What [`save`](Self::save) writes, as bytes.
    ///
    /// # Errors
    /// [`SaveError::Duplicate`] and [`SaveError::Format`].
    ///
    /// ```
    /// use dfdx::prelude::*;
    /// use tensor_core::io::StateDict;
    ///
    /// let net = Cpu::default().build_module::<Linear<4, 8>, f32>();
    /// let bytes = net.save_bytes()?;
    /// assert!(bytes.starts_with(&(bytes.len() as u64 - 8 - 4 * (8 * 4 + 8)).to_le_bytes()));
    /// # Ok::<(), tensor_core::io::SaveError>(())
    /// ```
    fn save_bytes(&self) -> Result<Vec<u8>, SaveError> {
        save::save_bytes(self)
    }

    /// Reads all tensors from the safetensors file `path`.
    ///
    /// The names must be the same on both sides, and so must the shapes. `F64`, `F32`, `F16` and `BF16` are read; what is
    /// wider than the network's number type is rounded to the nearest (beyond its range to an infinity). Infinities and
    /// NaNs load as they are. Clones made of a tensor before keep their values, and optimizers know the tensors still.
    ///
    /// # Errors
    /// [`LoadError`]; the network is then unchanged. [`LoadError::Mismatch`] lists everything that doesn't fit at once.
    ///
    /// # Panics
    /// If the device fails while the values are copied to it, as dfdx's own copies do; never on [`Cpu`](dfdx::tensor::Cpu).
    ///
    /// ```
    /// use dfdx::prelude::*;
    /// use tensor_core::io::StateDict;
    ///
    /// let mut net = Cpu::default().build_module::<Linear<4, 8>, f32>();
    /// let error = net.load("missing.safetensors").unwrap_err();
    /// assert!(error.to_string().starts_with("cannot read `missing.safetensors`: "));
    /// ```
    fn load(&mut self, path: impl AsRef<Path>) -> Result<(), LoadError> {
        load::load(self, path.as_ref())
    }

    /// Reads all tensors from the bytes of a safetensors file, as [`load`](Self::load) does.
    ///
    /// # Errors
    /// As for [`load`](Self::load), but for [`LoadError::Io`].
    ///
    /// # Panics
    /// As [`load`](Self::load).
    ///
    /// ```
    /// use dfdx::prelude::*;
    /// use tensor_core::io::StateDict;
    ///
    /// let device = Cpu::default();
    /// let half = device.build_module::<Linear<4, 8>, f32>();
    /// let mut double = device.build_module::<Linear<4, 8>, f64>();
    /// double.load_bytes(&half.save_bytes()?)?;
    /// assert_eq!(double.bias.array(), half.bias.array().map(f64::from));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn load_bytes(&mut self, bytes: &[u8]) -> Result<(), LoadError> {
        load::load_bytes(self, bytes)
    }

    /// The name and shape of each entry that [`save`](Self::save) writes, in the order of the fields.
    ///
    /// ```
    /// use dfdx::prelude::*;
    /// use tensor_core::io::StateDict;
    ///
    /// let net = Cpu::default().build_module::<(Linear<4, 8>, ReLU), f32>();
    /// let lines: Vec<String> = net.state_dict().iter().map(ToString::to_string).collect();
    /// assert_eq!(lines, ["0.weight [8, 4]", "0.bias [8]"]);
    /// ```
    fn state_dict(&self) -> Vec<TensorInfo> {
        slots::slots(self).into_iter().map(|slot| slot.info).collect()
    }
}

impl<E: StateDtype, D: Device<E>, M: TensorCollection<E, D>> StateDict<E, D> for M {}
