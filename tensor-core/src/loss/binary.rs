//! Binary cross-entropy: each number of an output is the logit of a question that is answered with yes or no.

use dfdx::prelude::*;

#[cfg(feature = "cuda")]
use super::target::target_on_gpu;
use super::target::{Rows, as_rows, check_probabilities, constant, same_sizes, target_rows, with_target};
use super::{Loss, LossError, expect_loss};
use crate::Error;
#[cfg(feature = "cuda")]
use crate::exec::fused::gpu::GpuLoss;
use crate::kernels::{loss as kernels, scratch::with_scratch};
use crate::param::Element;

/// The mean over all numbers of the cross-entropy of sigmoid(logit) against the target, 1 for yes and 0 for no, or a
/// probability.
///
/// # Shapes
/// `logits, target: [rows…, questions]`, `positive: [questions]` → a scalar
///
/// # Units
/// nats; `positive` says how often a yes of each question counts, for example (noes / yeses) where a yes is rare
///
/// # Panics
/// On what [`try_binary_cross_entropy`] reports.
///
/// ```
/// use tensor_core::loss::binary_cross_entropy;
/// use tensor_core::prelude::*;
///
/// let device = Cpu::default();
/// let logits = device.tensor([[0.0f32, 0.0]]);
/// let loss = binary_cross_entropy(logits, &device.tensor([[1.0, 0.0]]), Some(&[3.0, 3.0]));
/// assert!((loss.array() - 2.0 * 2.0f32.ln()).abs() < 1e-6);
/// ```
#[track_caller]
pub fn binary_cross_entropy<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<S, E, D, T>,
    target: &Tensor<S, E, D>,
    positive: Option<&[f64]>,
) -> Tensor<Rank0, E, D, T> {
    expect_loss(try_binary_cross_entropy(logits, target, positive))
}

/// As [`binary_cross_entropy`].
///
/// # Errors
/// [`LossError::Shape`] if sizes that only the run knows differ, [`LossError::Probability`] if the target holds something
/// that is not between 0 and 1, [`LossError::WeightCount`] and [`LossError::Weight`] for `positive`, [`LossError::NoRows`],
/// [`Error::Device`].
pub fn try_binary_cross_entropy<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<S, E, D, T>,
    target: &Tensor<S, E, D>,
    positive: Option<&[f64]>,
) -> Result<Tensor<Rank0, E, D, T>, Error> {
    same_sizes("target", target.shape(), logits.shape())?;
    BinaryCrossEntropy { target, positive }.of(as_rows(logits)?)
}

/// The mean binary cross-entropy of logits, as [`binary_cross_entropy`].
///
/// The target is checked at each use, which waits for a GPU.
#[derive(Clone, Copy, Debug)]
pub struct BinaryCrossEntropy<'t, S: Shape, E: Element, D: Device<E>> {
    /// The answers, of the output's shape.
    pub target: &'t Tensor<S, E, D>,
    /// How often a yes of each column counts.
    pub positive: Option<&'t [f64]>,
}

impl<S: Shape, E: Element, D: Device<E>> BinaryCrossEntropy<'_, S, E, D> {
    fn check(&self, target: &[E], columns: usize) -> Result<(), LossError> {
        if let Some(positive) = self.positive {
            LossError::unless_weights("positive", positive, columns)?;
        }
        check_probabilities(target, columns)
    }
}

impl<S: Shape, E: Element, D: Device<E>> Loss<E, D> for BinaryCrossEntropy<'_, S, E, D> {
    fn of<T: Tape<E, D>>(&self, y: Rows<E, D, T>) -> Result<Tensor<Rank0, E, D, T>, Error> {
        let target = target_rows(self.target, &y)?;
        let numbers = target.as_vec();
        let &(rows, columns) = y.shape();
        self.check(&numbers, columns)?;
        let losses = match self.positive {
            None => y.try_bce_with_logits(target).map_err(Error::device)?,
            Some(positive) => {
                // (1 − t)·x + (1 + (w − 1)·t)·ln(1 + e⁻ˣ), whose last factor is the loss against 1.
                let numbers = || numbers.iter().map(|t| t.to_f64().unwrap_or(f64::NAN));
                let weight = numbers().zip(positive.iter().cycle()).map(|(t, w)| 1.0 + (w - 1.0) * t);
                let weight = constant(&y, weight, (rows, columns))?;
                let no = constant(&y, numbers().map(|t| 1.0 - t), (rows, columns))?;
                let ones = y.device().try_ones_like(&(rows, columns)).map_err(Error::device)?;
                let softened = y.retaped::<T>().try_bce_with_logits(ones).and_then(|y| y.try_mul(weight));
                let softened = softened.map_err(Error::device)?;
                y.try_mul(no).and_then(|y| y.try_add(softened)).map_err(Error::device)?
            }
        };
        losses.try_mean().map_err(Error::device)
    }

    fn of_rows(&self, y: &[f32], width: usize, gradient: &mut [f32]) -> Result<f32, Error> {
        with_target(self.target, y.len(), width, |target| {
            if let Some(positive) = self.positive {
                LossError::unless_weights("positive", positive, width)?;
            }
            check_probabilities(target, width)?;
            with_scratch(width, |weights| {
                match self.positive {
                    None => weights.fill(1.0),
                    Some(positive) => weights.iter_mut().zip(positive).for_each(|(w, &p)| *w = p as f32),
                }
                Ok(kernels::binary(y, target, weights, gradient))
            })
        })
    }

    #[cfg(feature = "cuda")]
    #[expect(private_interfaces, reason = "only this crate's losses have kernels")]
    fn on_gpu(&self, rows: usize, width: usize) -> Result<Option<GpuLoss<'_>>, Error> {
        let Some(target) = target_on_gpu(self.target, rows, width)? else { return Ok(None) };
        if let Some(positive) = self.positive {
            LossError::unless_weights("positive", positive, width)?;
        }
        let weights = self.positive.unwrap_or(&[]).iter().map(|&weight| weight as f32).collect();
        Ok(Some(GpuLoss::Binary { target, weights }))
    }
}
