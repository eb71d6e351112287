//! Low-rank adaptation of a trained network: its matrices stay as they are, and a narrow pair beside each learns.
//!
//! The adapted network is declared like the base, with `lora` in place of `linear` and the same names, so that the keys in
//! checkpoints are the same: `hidden.weight`, `hidden.bias`. [`Adapt`] takes the base's weights, merges what was learned
//! into a plain network, and saves and loads the adapter alone.
//!
//! ```
//! use tensor_core::loss::CrossEntropy;
//! use tensor_core::optim::{AdamW, Optimizer};
//! use tensor_core::prelude::*;
//!
//! layer! {
//!     pub struct Base: [64] -> [10] { hidden: linear(64 -> 128), relu, output: linear(128 -> 10) }
//! }
//! layer! {
//!     pub struct Adapted: [64] -> [10] {
//!         hidden: lora(64 -> 128, rank: 4, alpha: 8, bias: true),
//!         relu,
//!         output: lora(128 -> 10, rank: 4, alpha: 8, bias: true),
//!     }
//! }
//!
//! let device = Cpu::seed_from_u64(0);
//! let mut base = Base::new(&device);                      // trained
//! let mut net = Adapted::new(&device);
//! net.adapt(&base, &[])?;                                 // B is zero: it computes what the base computes
//!
//! let (x, labels): (Tensor<Rank2<6, 64>, f32, _>, _) = (device.sample_normal(), [0, 1, 2, 0, 1, 2]);
//! let mut optimizer = Optimizer::new(AdamW { learning_rate: 0.01, ..AdamW::default() });
//! for _ in 0..10 {
//!     optimizer.train_step(&mut net, x.clone(), CrossEntropy(&labels))?;
//! }
//! assert_eq!(optimizer.trained(), 4 * (64 + 128) + 4 * (128 + 10));
//! assert_eq!(net.hidden.weight.array(), base.hidden.weight.array()); // as it was, to the bit
//!
//! let adapter = net.adapter_bytes(&[])?;                  // A and B alone: a small file
//! net.merge_into(&mut base)?;                             // a plain network that computes the same
//! net.unmerge_from(&mut base)?;                           // and the base again, to the bit
//!
//! let mut other = Adapted::new(&device);
//! other.adapt(&base, &[])?;
//! other.load_adapter_bytes(&adapter, &[])?;
//! assert_eq!(other.forward(x.clone()).array(), net.forward(x).array());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Attention
//! The matrices of an `attention` are adapted by its own options: `attention(heads: 12, lora: qv, rank: 8, alpha: 16)` freezes
//! `w_q` and `w_v`, as the paper does, and puts a pair beside each, `attend.w_q.lora_a` and so on; the letters are any of
//! `qkvo`. Its other matrices are as those of other items.
//!
//! # What trains
//! A and B of each `lora` item or adapted matrix, and all weights of other items and matrices: W and its bias are frozen for
//! this crate's optimizers and for dfdx's. With [`adapters_and`] as an optimizer's groups all other items stay too, but those
//! that it names, such as a new head; without it, a file of the adapter lacks what they learned. Frozen weights have no gradient, are not in the norm that clips, don't decay, and
//! nothing is remembered of them.
//!
//! # Source
//! "LoRA: Low-Rank Adaptation of Large Language Models", arXiv:2106.09685

#[cfg(feature = "linalg")]
mod difference;
mod error;
mod file;
mod items;
mod merge;

use std::path::Path;

use dfdx::prelude::Device;

#[cfg(feature = "linalg")]
pub use difference::Kept;
pub use error::AdapterError;
pub use items::AdapterInfo;

use crate::io::{Part, StateDict, StateDtype, entries, load_part, put, serialize};
use crate::layer::Layer;
use crate::optim::{Group, WeightInfo};
use crate::param::{Element, Role};
use items::{adapters, check_names, is_factor, is_of, some_adapters};

/// Groups by which an optimizer changes the low-rank matrices of `lora` items and the named items, and nothing else. As
/// usual, norms, biases and embeddings among them don't decay.
///
/// ```
/// use tensor_core::lora::adapters_and;
/// use tensor_core::optim::{AdamW, Optimizer};
/// use tensor_core::prelude::*;
///
/// layer! {
///     pub struct Adapted: [64] -> [10] {
///         hidden: lora(64 -> 128, rank: 4, alpha: 8, bias: true),
///         norm: layer_norm,
///         head: linear(128 -> 10),
///     }
/// }
/// let mut net = Adapted::new(&Cpu::default());
/// let mut optimizer = Optimizer::new(AdamW::default()).with_groups(adapters_and(&["head"]));
/// optimizer.watch(&mut net);
/// assert_eq!(optimizer.trained(), 4 * (64 + 128) + (128 * 10 + 10));
/// assert_eq!(optimizer.remembered(), 2 * optimizer.trained()); // AdamW's averages
/// ```
pub fn adapters_and(items: &[&str]) -> impl Fn(&WeightInfo<'_>) -> Group + Send + Sync + use<> {
    let items: Vec<String> = items.iter().map(|&item| item.to_owned()).collect();
    move |weight| {
        let named = items.iter().any(|item| is_of(weight.name, &[item]));
        let usual = Group::usual(weight);
        if named || weight.role == Role::Adapter { usual } else { Group { rate: 0.0, ..usual } }
    }
}

/// What networks with `lora` items do beside running: see the [module](self).
///
/// In all of this, an item's name stands for all of its weights: `"head"` for `head.weight` and `head.bias`, `"blocks.0"`
/// for the whole block.
pub trait Adapt<E: Element + StateDtype, D: Device<E>>: Layer<E, D> + Sized {
    /// The `lora` items in order, the adapted matrices of attentions among them.
    fn adapters(&self) -> Vec<AdapterInfo> {
        adapters(self)
    }

    /// Takes all weights but A and B from the network that is adapted, whose names and shapes must be the same. Items named
    /// in `fresh`, such as a new head, stay as they are, whatever the base has in their place. A and B stay as well: those
    /// of a new network give nothing, so that it computes what the base computes.
    ///
    /// A `linear` item with a bias is adapted by `lora(…, bias: true)`.
    ///
    /// # Errors
    /// [`AdapterError::Load`] with everything that does not fit; [`AdapterError::NoItems`]; [`AdapterError::NoSuchItem`] if
    /// `fresh` names what is not there. The network is then unchanged.
    ///
    /// ```
    /// use tensor_core::prelude::*;
    ///
    /// layer! { pub struct Base: [4] -> [3] { hidden: linear(4 -> 8), relu, head: linear(8 -> 3) } }
    /// layer! {
    ///     pub struct Adapted: [4] -> [5] {
    ///         hidden: lora(4 -> 8, rank: 2, alpha: 2, bias: true), relu, head: linear(8 -> 5),
    ///     }
    /// }
    /// let (base, mut net) = (Base::new(&Cpu::default()), Adapted::new(&Cpu::default()));
    /// let error = net.adapt(&base, &[]).unwrap_err().to_string();
    /// assert!(error.contains("wrong shape   head.weight: the network has [5, 8], the file [3, 8]"), "{error}");
    /// net.adapt(&base, &["head"])?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn adapt<B: StateDict<E, D>>(&mut self, base: &B, fresh: &[&str]) -> Result<(), AdapterError> {
        self.adapt_bytes(&base.save_bytes()?, fresh)
    }

    /// As [`adapt`](Self::adapt), from the base's file.
    ///
    /// # Errors
    /// As for [`adapt`](Self::adapt); [`LoadError::Io`](crate::io::LoadError::Io) if it can't be read.
    fn adapt_file(&mut self, base: impl AsRef<Path>, fresh: &[&str]) -> Result<(), AdapterError> {
        let path = base.as_ref();
        self.adapt_bytes(&file::read(path)?, fresh).map_err(|error| file::at(error, path))
    }

    /// As [`adapt`](Self::adapt), from the bytes of the base's file.
    ///
    /// # Errors
    /// As for [`adapt`](Self::adapt).
    fn adapt_bytes(&mut self, base: &[u8], fresh: &[&str]) -> Result<(), AdapterError> {
        some_adapters(self)?;
        check_names(self, fresh)?;
        let wants = |name: &str| !is_factor(name) && !is_of(name, fresh);
        let leaves = |name: &str| !is_factor(name) && is_of(name, fresh);
        Ok(load_part(self, base, &Part { wants: &wants, leaves: &leaves })?)
    }

    /// Starts from what another training made of the base: takes all weights but A and B from `base`, as
    /// [`adapt`](Self::adapt) does, and for A and B of each item those with which (alpha/rank)·B·A comes nearest to the
    /// difference of its matrices in `tuned` and in `base`. They come from the singular vectors to the largest singular
    /// values, so that no matrix of that rank comes nearer (Eckart and Young). What else `tuned` changed, such as biases,
    /// is not taken up. Says for each item how much was.
    ///
    /// # Errors
    /// As for [`adapt`](Self::adapt); [`AdapterError::Difference`] if a difference holds NaN or an infinity. The network is
    /// then unchanged.
    ///
    /// ```
    /// use tensor_core::prelude::*;
    ///
    /// layer! { pub struct Base: [4] -> [3] { output: linear(4 -> 3) } }
    /// layer! { pub struct Adapted: [4] -> [3] { output: lora(4 -> 3, rank: 1, alpha: 2, bias: true) } }
    ///
    /// let device = Cpu::seed_from_u64(0);
    /// let base = Base::new(&device);
    /// let mut tuned = base.clone();
    /// let outer: Tensor<Rank2<3, 4>, f32, _> = device.tensor([[1.0], [2.0], [3.0]]).matmul(device.tensor([[0.1, 0.2, 0.3, 0.4]]));
    /// tuned.output.weight = (base.output.weight.tensor().clone() + outer).into();
    ///
    /// let mut net = Adapted::new(&device);
    /// let kept = net.adapt_to_difference(&base, &tuned)?;
    /// assert!(kept[0].share > 0.999_999); // a difference of rank 1
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "linalg")]
    fn adapt_to_difference<B: StateDict<E, D>>(
        &mut self,
        base: &B,
        tuned: &B,
    ) -> Result<Vec<Kept>, AdapterError> {
        difference::adapt(self, base, tuned)
    }

    /// Makes `plain`, in which `linear` stands for each `lora`, compute the same: each item's W + (alpha/rank)·B·A goes
    /// into the matrix of the same name, rounded once, and all other weights as they are. This network stays as it is.
    ///
    /// # Errors
    /// [`AdapterError::Load`] with everything that does not fit; `plain` is then unchanged. [`AdapterError::NoItems`].
    fn merge_into<B: StateDict<E, D>>(&self, plain: &mut B) -> Result<(), AdapterError> {
        Ok(plain.load_bytes(&self.merged_bytes()?)?)
    }

    /// The file of the plain network that [`merge_into`](Self::merge_into) makes.
    ///
    /// # Errors
    /// [`AdapterError::NoItems`]; [`AdapterError::Save`].
    fn merged_bytes(&self) -> Result<Vec<u8>, AdapterError> {
        Ok(serialize(&merge::merged(self)?, ("format", "pt"))?)
    }

    /// Takes back what [`merge_into`](Self::merge_into) did to the matrices: they get W again, which this network still
    /// has, to the bit. Its other weights stay.
    ///
    /// # Errors
    /// [`AdapterError::Load`] with everything that does not fit; `plain` is then unchanged. [`AdapterError::NoItems`].
    fn unmerge_from<B: StateDict<E, D>>(&self, plain: &mut B) -> Result<(), AdapterError> {
        let names: Vec<String> = some_adapters(self)?.iter().map(merge::weight_of).collect();
        let is_matrix = |name: &str| names.iter().any(|matrix| matrix == name);
        let mut entries = entries(self)?;
        entries.retain(|entry| is_matrix(&entry.name));
        let bytes = serialize(&entries, ("format", "pt"))?;
        Ok(load_part(plain, &bytes, &Part { wants: &is_matrix, leaves: &|_| false })?)
    }

    /// Writes A and B of each `lora` item into a safetensors file, with their ranks and alphas as metadata, and all weights
    /// of the items `others` that were trained too, such as a new head. The file is replaced as a whole or not at all.
    ///
    /// What else was trained is not in it: train with [`adapters_and`] the same `others`, so that nothing else is.
    ///
    /// # Errors
    /// [`AdapterError::Save`] if it can't be written; [`AdapterError::NoItems`]; [`AdapterError::NoSuchItem`].
    fn save_adapter(&self, path: impl AsRef<Path>, others: &[&str]) -> Result<(), AdapterError> {
        Ok(put(path.as_ref(), &self.adapter_bytes(others)?)?)
    }

    /// What [`save_adapter`](Self::save_adapter) writes, as bytes.
    ///
    /// # Errors
    /// [`AdapterError::NoItems`]; [`AdapterError::NoSuchItem`].
    fn adapter_bytes(&self, others: &[&str]) -> Result<Vec<u8>, AdapterError> {
        file::save_bytes(self, others)
    }

    /// Reads what [`save_adapter`](Self::save_adapter) wrote, with the same `others`; all other weights stay.
    ///
    /// # Errors
    /// [`AdapterError::Load`] with everything that does not fit; [`AdapterError::Scale`] if an item was trained with another
    /// rank or alpha; [`AdapterError::NotAnAdapter`]; [`AdapterError::NoItems`]; [`AdapterError::NoSuchItem`]. The network
    /// is then unchanged.
    fn load_adapter(&mut self, path: impl AsRef<Path>, others: &[&str]) -> Result<(), AdapterError> {
        let path = path.as_ref();
        self.load_adapter_bytes(&file::read(path)?, others).map_err(|error| file::at(error, path))
    }

    /// As [`load_adapter`](Self::load_adapter), from bytes.
    ///
    /// # Errors
    /// As for [`load_adapter`](Self::load_adapter).
    fn load_adapter_bytes(&mut self, bytes: &[u8], others: &[&str]) -> Result<(), AdapterError> {
        file::load_bytes(self, bytes, others)
    }
}

impl<N: Layer<E, D>, E: Element + StateDtype, D: Device<E>> Adapt<E, D> for N {}
