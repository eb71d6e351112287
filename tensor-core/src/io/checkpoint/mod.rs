//! Published weights: tensors of one file or several, brought into a network's names and layouts.

mod files;
mod save;
mod tensor;

use std::path::{Path, PathBuf};

use dfdx::{nn::tensor_collection::TensorCollection, tensor_ops::Device};

use super::load::{Part, fill, find};
use super::stored::Stored;
use super::whole::Whole;
use super::{LoadError, StateDtype, TensorInfo};
use crate::by_name::ByName;
use crate::layer::{Network, build_empty, expect_pass};
use crate::param::Element;
use crate::plan::Plan;
use files::Read;
pub use tensor::CheckpointTensor;

/// The tensors of a checkpoint under names and in layouts that can be changed before a network takes them.
///
/// Nothing is read into numbers before [`load_into`](Self::load_into); what comes before only says where a tensor lies and
/// how it is to be turned.
///
/// ```
/// use tensor_core::io::Checkpoint;
/// use tensor_core::prelude::*;
///
/// layer! { struct Hidden: [4] -> [8] { dense: linear(4 -> 8) } }
/// layer! {
///     struct Published: [4] -> [3] { encoder: Hidden, relu, pooler: linear(8 -> 3) }
/// }
/// layer! {
///     struct Ours: [4] -> [8] { hidden: linear(4 -> 8), relu }
/// }
///
/// let device = Cpu::default();
/// let published = Published::new(&device);
/// let mut ours = Ours::new(&device);
/// Checkpoint::from_bytes(published.save_bytes()?)?
///     .without(|name| name.starts_with("pooler."))
///     .rename(|name| name.replace("encoder.dense", "hidden"))?
///     .load_into(&mut ours)?;
/// assert_eq!(ours.hidden.weight.array(), published.encoder.dense.weight.array());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// Where it was opened, for messages.
    path: Option<PathBuf>,
    tensors: ByName<CheckpointTensor>,
}

impl Checkpoint {
    /// Opens a safetensors file, or the index of a sharded one (`model.safetensors.index.json`, whose files lie beside it);
    /// with the feature `gguf` a GGUF file too.
    ///
    /// # Errors
    /// [`LoadError::Io`] and [`LoadError::Format`], which name the file; [`LoadError::Index`] if an index and its files
    /// disagree; `LoadError::Gguf` for a GGUF file that is not sound.
    ///
    /// ```
    /// use tensor_core::io::Checkpoint;
    ///
    /// let error = Checkpoint::open("missing.safetensors").unwrap_err();
    /// assert!(error.to_string().starts_with("cannot read `missing.safetensors`: "));
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        Self::gather(path.as_ref(), &mut |path| {
            Whole::read(path).map_err(|source| LoadError::Io { path: path.into(), source })
        })
    }

    /// As [`open`](Self::open), mapped into memory: of a file larger than it only what is used is read.
    ///
    /// # Safety
    /// Nobody changes or shortens the files as long as this checkpoint and clones of it live.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    #[cfg(feature = "mmap")]
    pub unsafe fn map(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        Self::gather(path.as_ref(), &mut |path| {
            // SAFETY: as the caller promises.
            unsafe { Whole::map(path) }.map_err(|source| LoadError::Io { path: path.into(), source })
        })
    }

    /// The bytes of a safetensors file.
    ///
    /// # Errors
    /// [`LoadError::Format`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, LoadError> {
        Ok(Checkpoint { path: None, tensors: files::one(Whole::Read(bytes))? })
    }

    /// The tensors of a GGUF file.
    ///
    /// Its names are those of llama.cpp, and what some architectures keep is in llama.cpp's order: the rows of queries and
    /// keys of Llama's have the two features of a rotary pair side by side. See `examples/smollm2`.
    #[cfg(feature = "gguf")]
    pub fn of_gguf(file: &super::gguf::Gguf) -> Self {
        Checkpoint { path: None, tensors: files::of_gguf(file) }
    }

    fn gather(path: &Path, read: &mut Read<'_>) -> Result<Self, LoadError> {
        Ok(Checkpoint { path: Some(path.into()), tensors: files::gather(path, read)? })
    }

    /// The tensors in the order of their names.
    ///
    /// ```
    /// use tensor_core::io::Checkpoint;
    /// use tensor_core::prelude::*;
    ///
    /// layer! { struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) } }
    ///
    /// let checkpoint = Checkpoint::from_bytes(TwoLayer::new(&Cpu::default()).save_bytes()?)?;
    /// let names: Vec<String> = checkpoint.tensors().map(|tensor| tensor.to_string()).collect();
    /// assert_eq!(names, ["hidden.bias [8]", "hidden.weight [8, 4]", "output.bias [3]", "output.weight [3, 8]"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn tensors(&self) -> impl Iterator<Item = TensorInfo> {
        let info = |(name, tensor): (&str, &CheckpointTensor)| TensorInfo {
            name: name.to_owned(),
            shape: tensor.shape().to_vec(),
        };
        self.tensors.iter().map(info)
    }

    /// The tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<&CheckpointTensor> {
        self.tensors.get(name)
    }

    /// Lets each tensor become those that `f` makes of it: none, itself under another name, another layout of it, several
    /// parts.
    ///
    /// Here the matrix that GPT-2 keeps for queries, keys and values together, as `[in, out]`:
    /// ```
    /// # use tensor_core::io::Checkpoint;
    /// # fn gpt2(checkpoint: Checkpoint) -> Result<Checkpoint, tensor_core::io::LoadError> {
    /// checkpoint.map_tensors(|name, tensor| match name.strip_suffix("c_attn.weight") {
    ///     Some(block) => {
    ///         let packed = tensor.transpose()?;
    ///         let parts = ["w_q", "w_k", "w_v"].into_iter().zip(packed.split(3)?);
    ///         Ok(parts.map(|(part, tensor)| (format!("{block}{part}.weight"), tensor)).collect())
    ///     }
    ///     None => Ok(vec![(name.into(), tensor)]),
    /// })
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of `f`, and [`LoadError::Twice`] if two tensors get the same name.
    pub fn map_tensors(
        self,
        mut f: impl FnMut(&str, CheckpointTensor) -> Result<Vec<(String, CheckpointTensor)>, LoadError>,
    ) -> Result<Self, LoadError> {
        let mut tensors: ByName<CheckpointTensor> = ByName::default();
        for (name, tensor) in self.tensors.into_entries() {
            for (name, tensor) in f(&name, tensor)? {
                if let Some(before) = tensors.get(&name) {
                    let from = [before.origin().into(), tensor.origin().into()];
                    return Err(LoadError::Twice { name, from });
                }
                tensors.insert(name, tensor);
            }
        }
        Ok(Checkpoint { path: self.path, tensors })
    }

    /// Gives each tensor the name that `name` makes of its own.
    ///
    /// # Errors
    /// [`LoadError::Twice`] if two tensors get the same name.
    pub fn rename<N: Into<String>>(self, mut name: impl FnMut(&str) -> N) -> Result<Self, LoadError> {
        self.map_tensors(|old, tensor| Ok(vec![(name(old).into(), tensor)]))
    }

    /// Takes `prefix` away from the names that begin with it; tensors of other names are dropped.
    ///
    /// ```
    /// use tensor_core::io::Checkpoint;
    /// use tensor_core::prelude::*;
    ///
    /// layer! { struct Hidden: [4] -> [8] { dense: linear(4 -> 8) } }
    /// layer! { struct Whole: [4] -> [3] { encoder: Hidden, relu, head: linear(8 -> 3) } }
    ///
    /// let device = Cpu::default();
    /// let whole = Whole::new(&device);
    /// let mut hidden = Hidden::new(&device);
    /// Checkpoint::from_bytes(whole.save_bytes()?)?.below("encoder.").load_into(&mut hidden)?;
    /// assert_eq!(hidden.dense.bias.array(), whole.encoder.dense.bias.array());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn below(self, prefix: &str) -> Self {
        let cut =
            |(name, tensor): (String, CheckpointTensor)| Some((name.strip_prefix(prefix)?.into(), tensor));
        Checkpoint { tensors: self.tensors.into_entries().filter_map(cut).collect(), ..self }
    }

    /// Drops the tensors of these names, which the network has no place for.
    #[must_use]
    pub fn without(mut self, mut drops: impl FnMut(&str) -> bool) -> Self {
        self.tensors.retain(&mut |name| !drops(name));
        self
    }

    /// Puts the tensors into a network, which must have the same names and shapes.
    ///
    /// # Errors
    /// [`LoadError`]; the network is then unchanged. [`LoadError::Mismatch`] lists everything that doesn't fit at once.
    ///
    /// # Panics
    /// As [`StateDict::load`](super::StateDict::load).
    pub fn load_into<E: StateDtype, D: Device<E>, M: TensorCollection<E, D>>(
        &self,
        network: &mut M,
    ) -> Result<(), LoadError> {
        self.load_with(network, |_, _| {})
    }

    /// As [`load_into`](Self::load_into); after each tensor `progress` hears how many bytes are done, and of how many.
    ///
    /// # Errors
    /// As [`load_into`](Self::load_into).
    ///
    /// # Panics
    /// As [`load_into`](Self::load_into).
    pub fn load_with<E: StateDtype, D: Device<E>, M: TensorCollection<E, D>>(
        &self,
        network: &mut M,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<(), LoadError> {
        let stored = self.stored();
        let total = stored.iter().map(|(_, tensor)| tensor.bytes.len()).sum();
        let mut before = 0;
        let mut done = |bytes| {
            before += bytes;
            progress(before, total);
        };
        fill(network, stored, &Part { wants: &|_| true, leaves: &|_| false }, &mut done)
            .map_err(|error| self.told(error))
    }

    /// A new network with the tensors, of which none is drawn first: what `Net::new` and [`load_into`](Self::load_into) give,
    /// in less time.
    ///
    /// ```
    /// use tensor_core::io::Checkpoint;
    /// use tensor_core::prelude::*;
    ///
    /// layer! { struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) } }
    ///
    /// let published = TwoLayer::new(&Cpu::default()).save_bytes()?;
    /// let net: TwoLayer = Checkpoint::from_bytes(published.clone())?.build(&Cpu::default())?;
    /// assert_eq!(net.save_bytes()?, published);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`load_into`](Self::load_into).
    ///
    /// # Panics
    /// As [`load_into`](Self::load_into), and if the device runs out of memory.
    pub fn build<N, E: Element + StateDtype, D: Device<E>>(&self, device: &D) -> Result<N, LoadError>
    where
        N: Network + TensorCollection<E, D, To<E, D> = N>,
    {
        self.build_with(device, |_, _| {})
    }

    /// As [`build`](Self::build), with `progress` as in [`load_with`](Self::load_with).
    ///
    /// # Errors
    /// As [`load_into`](Self::load_into).
    ///
    /// # Panics
    /// As [`build`](Self::build).
    pub fn build_with<N, E: Element + StateDtype, D: Device<E>>(
        &self,
        device: &D,
        progress: impl FnMut(usize, usize),
    ) -> Result<N, LoadError>
    where
        N: Network + TensorCollection<E, D, To<E, D> = N>,
    {
        let mut network: N = expect_pass(build_empty(device));
        self.load_with(&mut network, progress)?;
        Ok(network)
    }

    /// What is stored for each weight of a plan, in its order.
    pub(crate) fn weights_of(&self, plan: &'static Plan) -> Result<Vec<Stored<'_>>, LoadError> {
        find(plan.state_dict(), self.stored()).map_err(|error| self.told(error))
    }

    fn stored(&self) -> ByName<Stored<'_>> {
        self.tensors.iter().map(|(name, tensor)| (name.to_owned(), tensor.stored())).collect()
    }

    /// An error with the file's name.
    fn told(&self, error: LoadError) -> LoadError {
        match &self.path {
            Some(path) => error.at(path),
            None => error,
        }
    }
}
