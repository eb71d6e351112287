//! Cross-entropy against probabilities of all classes.

use dfdx::prelude::*;

use super::classes::check_smoothing;
#[cfg(feature = "cuda")]
use super::target::target_on_gpu;
use super::target::{Rows, as_rows, check_distributions, constant, same_sizes, target_rows, with_target};
use super::{Loss, LossError, expect_loss};
use crate::Error;
#[cfg(feature = "cuda")]
use crate::exec::fused::gpu::GpuLoss;
use crate::exec::log_softmax;
use crate::kernels::{loss as kernels, scratch::with_scratch};
use crate::param::Element;

/// The mean over rows of the cross-entropy of `logits` against probabilities of the classes: of another network, of two
/// mixed examples, of people who disagree.
///
/// # Shapes
/// `logits, target: [rows…, classes]` → a scalar
///
/// # Units
/// nats
///
/// # Panics
/// On what [`try_soft_cross_entropy`] reports.
///
/// ```
/// use tensor_core::loss::soft_cross_entropy;
/// use tensor_core::prelude::*;
///
/// let device = Cpu::default();
/// let logits = device.tensor([[1.0f32, 1.0]]);
/// let loss = soft_cross_entropy(logits, &device.tensor([[0.25, 0.75]]));
/// assert!((loss.array() - 2.0f32.ln()).abs() < 1e-6);
/// ```
#[track_caller]
pub fn soft_cross_entropy<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<S, E, D, T>,
    target: &Tensor<S, E, D>,
) -> Tensor<Rank0, E, D, T> {
    expect_loss(try_soft_cross_entropy(logits, target))
}

/// As [`soft_cross_entropy`].
///
/// # Errors
/// [`LossError::Shape`] if sizes that only the run knows differ, [`LossError::Probability`] and [`LossError::Sum`] if a row
/// of the target is no distribution (its sum may be 0.001 off), [`LossError::NoRows`], [`Error::Device`].
pub fn try_soft_cross_entropy<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<S, E, D, T>,
    target: &Tensor<S, E, D>,
) -> Result<Tensor<Rank0, E, D, T>, Error> {
    same_sizes("target", target.shape(), logits.shape())?;
    SoftCrossEntropy::new(target).of(as_rows(logits)?)
}

/// The mean cross-entropy of logits against probabilities, as [`soft_cross_entropy`].
///
/// The target is checked at each use, which waits for a GPU.
#[derive(Clone, Copy, Debug)]
pub struct SoftCrossEntropy<'t, S: Shape, E: Element, D: Device<E>> {
    /// The probabilities, of the output's shape.
    pub target: &'t Tensor<S, E, D>,
    /// The part of the target that is spread over all classes, from 0 to 1.
    pub smoothing: f64,
    /// What each class counts. The mean is still over the rows, as in PyTorch.
    pub weights: Option<&'t [f64]>,
}

impl<'t, S: Shape, E: Element, D: Device<E>> SoftCrossEntropy<'t, S, E, D> {
    /// Against these probabilities, all classes counting the same.
    pub fn new(target: &'t Tensor<S, E, D>) -> Self {
        SoftCrossEntropy { target, smoothing: 0.0, weights: None }
    }

    /// What the target is multiplied with, and what is added, for each class in each of so many rows.
    fn factors(&self, rows: usize, classes: usize) -> Result<impl Iterator<Item = (f64, f64)>, Error> {
        check_smoothing(self.smoothing)?;
        if let Some(weights) = self.weights {
            LossError::unless_weights("class", weights, classes)?;
        }
        let (weights, smoothing) = (self.weights, self.smoothing);
        Ok((0..classes).map(move |class| {
            let weight = weights.map_or(1.0, |weights| weights[class]) / rows as f64;
            (weight * (1.0 - smoothing), weight * smoothing / classes as f64)
        }))
    }
}

impl<S: Shape, E: Element, D: Device<E>> Loss<E, D> for SoftCrossEntropy<'_, S, E, D> {
    fn of<T: Tape<E, D>>(&self, y: Rows<E, D, T>) -> Result<Tensor<Rank0, E, D, T>, Error> {
        let numbers = target_rows(self.target, &y)?.as_vec();
        let &(rows, classes) = y.shape();
        check_distributions(&numbers, classes)?;
        let factors: Vec<(f64, f64)> = self.factors(rows, classes)?.collect();
        let counted = numbers.iter().zip(factors.iter().cycle());
        let counted = counted.map(|(t, (times, plus))| t.to_f64().unwrap_or(f64::NAN) * times + plus);
        let counted = constant(&y, counted, (rows, classes))?;
        let products = log_softmax(y).and_then(|y| y.try_mul(counted));
        products.and_then(|products| products.try_sum::<Rank0, _>()?.try_negate()).map_err(Error::device)
    }

    fn of_rows(&self, y: &[f32], width: usize, gradient: &mut [f32]) -> Result<f32, Error> {
        with_target(self.target, y.len(), width, |target| {
            check_distributions(target, width)?;
            let factors = self.factors(y.len() / width, width)?;
            with_scratch(2 * width, |room| {
                let (times, plus) = room.split_at_mut(width);
                for ((times, plus), (weight, smooth)) in times.iter_mut().zip(&mut *plus).zip(factors) {
                    (*times, *plus) = (weight as f32, smooth as f32);
                }
                Ok(kernels::soft_cross_entropy(y, target, times, plus, gradient))
            })
        })
    }

    #[cfg(feature = "cuda")]
    #[expect(private_interfaces, reason = "only this crate's losses have kernels")]
    fn on_gpu(&self, rows: usize, width: usize) -> Result<Option<GpuLoss<'_>>, Error> {
        let Some(target) = target_on_gpu(self.target, rows, width)? else { return Ok(None) };
        let factors = self.factors(rows, width)?.map(|(times, plus)| (times as f32, plus as f32));
        let (times, plus) = factors.unzip();
        Ok(Some(GpuLoss::Soft { target, times, plus }))
    }
}
