//! How far one distribution is from another.

use dfdx::prelude::*;

#[cfg(feature = "cuda")]
use super::target::target_on_gpu;
use super::target::{Rows, as_rows, check_distributions, constant, same_sizes, target_rows, with_target};
use super::{Loss, expect_loss};
use crate::Error;
#[cfg(feature = "cuda")]
use crate::exec::fused::gpu::{GpuLoss, Pointwise, Probabilities};
use crate::kernels::loss as kernels;
use crate::param::Element;

/// The mean over rows of the Kullback-Leibler divergence Σ t·(ln t − ln p) of a network's distribution p, given by its
/// logarithms, from a target t. Where t is 0 the term is 0.
///
/// The logarithms are what `log_softmax` gives as a network's last item. Of plain logits,
/// [`soft_cross_entropy`](super::soft_cross_entropy) has the same gradient.
///
/// # Shapes
/// `logarithms, target: [rows…, classes]` → a scalar
///
/// # Units
/// nats
///
/// # Panics
/// On what [`try_kl_divergence`] reports.
///
/// ```
/// use tensor_core::loss::kl_divergence;
/// use tensor_core::prelude::*;
///
/// let device = Cpu::default();
/// let target = device.tensor([[0.5f32, 0.5, 0.0]]);
/// let loss = kl_divergence(device.tensor([[0.25f32, 0.25, 0.5]]).ln(), &target);
/// assert!((loss.array() - 2.0f32.ln()).abs() < 1e-6);
/// ```
#[track_caller]
pub fn kl_divergence<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    logarithms: Tensor<S, E, D, T>,
    target: &Tensor<S, E, D>,
) -> Tensor<Rank0, E, D, T> {
    expect_loss(try_kl_divergence(logarithms, target))
}

/// As [`kl_divergence`].
///
/// # Errors
/// Those of [`try_soft_cross_entropy`](super::try_soft_cross_entropy).
pub fn try_kl_divergence<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    logarithms: Tensor<S, E, D, T>,
    target: &Tensor<S, E, D>,
) -> Result<Tensor<Rank0, E, D, T>, Error> {
    same_sizes("target", target.shape(), logarithms.shape())?;
    KlDivergence(target).of(as_rows(logarithms)?)
}

/// The mean Kullback-Leibler divergence of an output of logarithms from a target of probabilities, as [`kl_divergence`].
#[derive(Clone, Copy, Debug)]
pub struct KlDivergence<'t, S: Shape, E: Element, D: Device<E>>(pub &'t Tensor<S, E, D>);

impl<S: Shape, E: Element, D: Device<E>> Loss<E, D> for KlDivergence<'_, S, E, D> {
    fn of<T: Tape<E, D>>(&self, y: Rows<E, D, T>) -> Result<Tensor<Rank0, E, D, T>, Error> {
        let target = target_rows(self.0, &y)?;
        let numbers = target.as_vec();
        let &(rows, classes) = y.shape();
        check_distributions(&numbers, classes)?;
        let entropy = numbers.iter().map(|t| t.to_f64().unwrap_or(f64::NAN));
        let entropy: f64 = entropy.map(|t| if t == 0.0 { 0.0 } else { t * t.ln() }).sum();
        let target = constant(&y, numbers.iter().map(|t| -t.to_f64().unwrap_or(f64::NAN)), (rows, classes))?;
        let cross = y.try_mul(target).and_then(|products| products.try_sum::<Rank0, _>());
        let cross = cross.and_then(|cross| cross.try_mul(E::of(1.0 / rows as f64))).map_err(Error::device)?;
        cross.try_add(E::of(entropy / rows as f64)).map_err(Error::device)
    }

    fn of_rows(&self, y: &[f32], width: usize, gradient: &mut [f32]) -> Result<f32, Error> {
        with_target(self.0, y.len(), width, |target| {
            check_distributions(target, width)?;
            let scale = width as f64 / y.len() as f64;
            Ok(kernels::sum_of(kernels::Divergence, y, target, gradient, scale))
        })
    }

    #[cfg(feature = "cuda")]
    #[expect(private_interfaces, reason = "only this crate's losses have kernels")]
    fn on_gpu(&self, rows: usize, width: usize) -> Result<Option<GpuLoss<'_>>, Error> {
        let Some(target) = target_on_gpu(self.0, rows, width)? else { return Ok(None) };
        let (by, must_be) = (Pointwise::Divergence, Some(Probabilities::Rows));
        Ok(Some(GpuLoss::Compared { target, by, scale: 1.0 / rows as f64, must_be }))
    }
}
