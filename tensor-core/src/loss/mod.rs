//! Losses: what a network gave against what it should have given, as one number to be made small.
//!
//! Each is a function on dfdx's tensors, of any number type and on any device, and a [`Loss`], as
//! [`Optimizer::train_step`](crate::optim::Optimizer::train_step) takes it: that is faster for `f32`, where the loss and its
//! gradient are one kernel on the CPU and a few on GPUs.
//!
//! | function | [`Loss`] | PyTorch |
//! |---|---|---|
//! | [`cross_entropy`] | [`CrossEntropy`] | `cross_entropy` with class numbers |
//! | [`cross_entropy_with`] | [`CrossEntropyWith`] | … with `weight`, `label_smoothing`, `ignore_index` |
//! | [`soft_cross_entropy`] | [`SoftCrossEntropy`] | … with probabilities |
//! | [`binary_cross_entropy`] | [`BinaryCrossEntropy`] | `binary_cross_entropy_with_logits` |
//! | [`mean_squares`] | [`MeanSquares`] | `mse_loss` |
//! | [`mean_absolute`] | [`MeanAbsolute`] | `l1_loss` |
//! | [`huber`] | [`Huber`] | `huber_loss` |
//! | [`kl_divergence`] | [`KlDivergence`] | `kl_div` with `reduction="batchmean"` |
//! | [`cosine_embedding`] | [`CosineEmbedding`] | `cosine_embedding_loss` |
//! | [`info_nce`] | [`InfoNce`], [`InfoNcePairs`] | `cross_entropy` of cosines |
//!
//! All are means: over the rows, or over all numbers where each is compared by itself. The short functions panic where
//! `try_…` gives an error. A NaN in the output is one in the loss.
//!
//! ```
//! use tensor_core::loss::{ClassOptions, cross_entropy_with, huber};
//! use tensor_core::prelude::*;
//!
//! let device = Cpu::default();
//! let logits = device.tensor([[2.0f32, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 9.0]]);
//! let smoothed = ClassOptions { smoothing: 0.1, ignore: Some(99), ..ClassOptions::default() };
//! let loss = cross_entropy_with(logits.leaky_trace(), &[0, 1, 99], &smoothed);
//! let gradients = loss.backward();
//! assert_eq!(gradients.get(&logits).array()[2], [0.0; 3]); // this row doesn't count
//!
//! let y: Tensor<Rank1<2>, f32, _> = device.tensor([0.5, 3.0]);
//! assert_eq!(huber(y, &device.zeros(), 1.0).array(), (0.125 + 2.5) / 2.0);
//! ```

mod binary;
mod classes;
mod contrastive;
mod cosine;
mod divergence;
mod error;
mod regression;
mod soft;
mod target;

use dfdx::prelude::*;

use crate::Error;
#[cfg(feature = "cuda")]
use crate::exec::fused::gpu::GpuLoss;
use crate::param::Element;

pub use binary::{BinaryCrossEntropy, binary_cross_entropy, try_binary_cross_entropy};
pub use classes::{
    ClassOptions, CrossEntropy, CrossEntropyWith, cross_entropy, cross_entropy_with, try_cross_entropy,
    try_cross_entropy_with,
};
pub use contrastive::{InfoNce, InfoNcePairs, info_nce, try_info_nce};
pub use cosine::{CosineEmbedding, cosine_embedding, try_cosine_embedding};
pub use divergence::{KlDivergence, kl_divergence, try_kl_divergence};
pub use error::LossError;
pub use regression::{
    Huber, MeanAbsolute, MeanSquares, huber, mean_absolute, mean_squares, try_huber, try_mean_absolute,
    try_mean_squares,
};
pub use soft::{SoftCrossEntropy, soft_cross_entropy, try_soft_cross_entropy};
#[cfg(feature = "cuda")]
pub(crate) use target::{ROUNDING, check_distributions, check_probabilities};

/// What a step of training makes small: a number that a network's output, as rows of features, gives.
pub trait Loss<E: Element, D: Device<E>> {
    /// The loss of a network's output, on its tape.
    ///
    /// # Errors
    /// If the output does not fit what it is compared with.
    fn of<T: Tape<E, D>>(&self, y: Tensor<(usize, usize), E, D, T>) -> Result<Tensor<Rank0, E, D, T>, Error>;

    /// The loss of rows of `width` numbers; `gradient` gets its gradient.
    ///
    /// # Errors
    /// If the output does not fit what it is compared with.
    fn of_rows(&self, y: &[f32], width: usize, gradient: &mut [f32]) -> Result<f32, Error>;

    /// The same of so many rows and columns as kernels of GPUs compute it, if they do.
    #[cfg(feature = "cuda")]
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "only this crate's losses have kernels")]
    fn on_gpu(&self, rows: usize, width: usize) -> Result<Option<GpuLoss<'_>>, Error> {
        _ = (rows, width);
        Ok(None)
    }
}

impl<E: Element, D: Device<E>, L: Loss<E, D>> Loss<E, D> for &L {
    fn of<T: Tape<E, D>>(&self, y: Tensor<(usize, usize), E, D, T>) -> Result<Tensor<Rank0, E, D, T>, Error> {
        (**self).of(y)
    }

    fn of_rows(&self, y: &[f32], width: usize, gradient: &mut [f32]) -> Result<f32, Error> {
        (**self).of_rows(y, width, gradient)
    }

    #[cfg(feature = "cuda")]
    #[expect(private_interfaces, reason = "only this crate's losses have kernels")]
    fn on_gpu(&self, rows: usize, width: usize) -> Result<Option<GpuLoss<'_>>, Error> {
        (**self).on_gpu(rows, width)
    }
}

/// The loss.
///
/// # Panics
/// With the error's sentence.
#[track_caller]
fn expect_loss<T>(loss: Result<T, Error>) -> T {
    match loss {
        Ok(loss) => loss,
        Err(error) => panic!("{error}"),
    }
}
