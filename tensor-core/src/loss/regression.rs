//! Losses of numbers against numbers.

use dfdx::prelude::*;

#[cfg(feature = "cuda")]
use super::target::target_on_gpu;
use super::target::{Rows, as_rows, same_sizes, target_rows, with_target};
use super::{Loss, LossError, expect_loss};
use crate::Error;
#[cfg(feature = "cuda")]
use crate::exec::fused::gpu::{GpuLoss, Pointwise};
use crate::kernels::loss as kernels;
use crate::param::Element;

/// The mean of the squared differences.
///
/// # Shapes
/// `y, target: [any…]` → a scalar
///
/// # Panics
/// On what [`try_mean_squares`] reports.
///
/// ```
/// use tensor_core::loss::mean_squares;
/// use tensor_core::prelude::*;
///
/// let device = Cpu::default();
/// assert_eq!(mean_squares(device.tensor([1.0f32, 5.0]), &device.tensor([2.0, 2.0])).array(), 5.0);
/// ```
#[track_caller]
pub fn mean_squares<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    y: Tensor<S, E, D, T>,
    target: &Tensor<S, E, D>,
) -> Tensor<Rank0, E, D, T> {
    expect_loss(try_mean_squares(y, target))
}

/// As [`mean_squares`].
///
/// # Errors
/// [`LossError::Shape`] if sizes that only the run knows differ, [`LossError::NoRows`], [`Error::Device`].
pub fn try_mean_squares<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    y: Tensor<S, E, D, T>,
    target: &Tensor<S, E, D>,
) -> Result<Tensor<Rank0, E, D, T>, Error> {
    same_sizes("target", target.shape(), y.shape())?;
    MeanSquares(target).of(as_rows(y)?)
}

/// The mean of the differences' absolute values.
///
/// # Shapes
/// `y, target: [any…]` → a scalar
///
/// # Panics
/// On what [`try_mean_absolute`] reports.
///
/// ```
/// use tensor_core::loss::mean_absolute;
/// use tensor_core::prelude::*;
///
/// let device = Cpu::default();
/// assert_eq!(mean_absolute(device.tensor([1.0f32, 5.0]), &device.tensor([2.0, 2.0])).array(), 2.0);
/// ```
#[track_caller]
pub fn mean_absolute<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    y: Tensor<S, E, D, T>,
    target: &Tensor<S, E, D>,
) -> Tensor<Rank0, E, D, T> {
    expect_loss(try_mean_absolute(y, target))
}

/// As [`mean_absolute`].
///
/// # Errors
/// Those of [`try_mean_squares`].
pub fn try_mean_absolute<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    y: Tensor<S, E, D, T>,
    target: &Tensor<S, E, D>,
) -> Result<Tensor<Rank0, E, D, T>, Error> {
    same_sizes("target", target.shape(), y.shape())?;
    MeanAbsolute(target).of(as_rows(y)?)
}

/// The mean over differences d of d²/2 up to |d| = δ, of δ·(|d| − δ/2) beyond, where a few wild targets do not decide.
///
/// # Shapes
/// `y, target: [any…]` → a scalar
///
/// # Units
/// `delta` is a difference; it must be above 0
///
/// # Panics
/// On what [`try_huber`] reports.
///
/// # Source
/// P. J. Huber, "Robust Estimation of a Location Parameter", 1964; PyTorch's `huber_loss`
#[track_caller]
pub fn huber<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    y: Tensor<S, E, D, T>,
    target: &Tensor<S, E, D>,
    delta: f64,
) -> Tensor<Rank0, E, D, T> {
    expect_loss(try_huber(y, target, delta))
}

/// As [`huber`].
///
/// # Errors
/// Those of [`try_mean_squares`]; [`LossError::Setting`] if `delta` is not above 0 or not finite.
pub fn try_huber<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    y: Tensor<S, E, D, T>,
    target: &Tensor<S, E, D>,
    delta: f64,
) -> Result<Tensor<Rank0, E, D, T>, Error> {
    same_sizes("target", target.shape(), y.shape())?;
    Huber { target, delta }.of(as_rows(y)?)
}

/// The mean of the squared differences from a target of the output's shape.
#[derive(Clone, Copy, Debug)]
pub struct MeanSquares<'t, S: Shape, E: Element, D: Device<E>>(pub &'t Tensor<S, E, D>);

/// The mean of the absolute differences from a target of the output's shape.
#[derive(Clone, Copy, Debug)]
pub struct MeanAbsolute<'t, S: Shape, E: Element, D: Device<E>>(pub &'t Tensor<S, E, D>);

/// Huber's loss of the differences from a target of the output's shape, as [`huber`].
#[derive(Clone, Copy, Debug)]
pub struct Huber<'t, S: Shape, E: Element, D: Device<E>> {
    /// The target.
    pub target: &'t Tensor<S, E, D>,
    /// From which difference on the loss is a line.
    pub delta: f64,
}

impl<S: Shape, E: Element, D: Device<E>> Loss<E, D> for MeanSquares<'_, S, E, D> {
    fn of<T: Tape<E, D>>(&self, y: Rows<E, D, T>) -> Result<Tensor<Rank0, E, D, T>, Error> {
        let target = target_rows(self.0, &y)?;
        let squares = y.try_sub(target).and_then(|difference| difference.try_square());
        squares.and_then(|squares| squares.try_mean()).map_err(Error::device)
    }

    fn of_rows(&self, y: &[f32], width: usize, gradient: &mut [f32]) -> Result<f32, Error> {
        mean_of(kernels::Squares, self.0, y, width, gradient)
    }

    #[cfg(feature = "cuda")]
    #[expect(private_interfaces, reason = "only this crate's losses have kernels")]
    fn on_gpu(&self, rows: usize, width: usize) -> Result<Option<GpuLoss<'_>>, Error> {
        mean_on_gpu(Pointwise::Squares, self.0, rows, width)
    }
}

impl<S: Shape, E: Element, D: Device<E>> Loss<E, D> for MeanAbsolute<'_, S, E, D> {
    fn of<T: Tape<E, D>>(&self, y: Rows<E, D, T>) -> Result<Tensor<Rank0, E, D, T>, Error> {
        let target = target_rows(self.0, &y)?;
        let differences = y.try_sub(target).and_then(|difference| difference.try_abs());
        differences.and_then(|differences| differences.try_mean()).map_err(Error::device)
    }

    fn of_rows(&self, y: &[f32], width: usize, gradient: &mut [f32]) -> Result<f32, Error> {
        mean_of(kernels::Absolute, self.0, y, width, gradient)
    }

    #[cfg(feature = "cuda")]
    #[expect(private_interfaces, reason = "only this crate's losses have kernels")]
    fn on_gpu(&self, rows: usize, width: usize) -> Result<Option<GpuLoss<'_>>, Error> {
        mean_on_gpu(Pointwise::Absolute, self.0, rows, width)
    }
}

impl<S: Shape, E: Element, D: Device<E>> Huber<'_, S, E, D> {
    fn check(&self) -> Result<(), LossError> {
        let fits = self.delta > 0.0 && self.delta.is_finite();
        LossError::unless(fits, "Huber's delta", "above 0 and finite", self.delta)
    }
}

impl<S: Shape, E: Element, D: Device<E>> Loss<E, D> for Huber<'_, S, E, D> {
    fn of<T: Tape<E, D>>(&self, y: Rows<E, D, T>) -> Result<Tensor<Rank0, E, D, T>, Error> {
        self.check()?;
        let target = target_rows(self.target, &y)?;
        let losses = y.try_huber_error(target, self.delta);
        losses.and_then(|losses| losses.try_mean()).map_err(Error::device)
    }

    fn of_rows(&self, y: &[f32], width: usize, gradient: &mut [f32]) -> Result<f32, Error> {
        self.check()?;
        mean_of(kernels::Huber(self.delta as f32), self.target, y, width, gradient)
    }

    #[cfg(feature = "cuda")]
    #[expect(private_interfaces, reason = "only this crate's losses have kernels")]
    fn on_gpu(&self, rows: usize, width: usize) -> Result<Option<GpuLoss<'_>>, Error> {
        self.check()?;
        mean_on_gpu(Pointwise::Huber(self.delta as f32), self.target, rows, width)
    }
}

/// The mean of a loss over all numbers.
fn mean_of<S: Shape, E: Element, D: Device<E>>(
    loss: impl kernels::Pointwise,
    target: &Tensor<S, E, D>,
    y: &[f32],
    width: usize,
    gradient: &mut [f32],
) -> Result<f32, Error> {
    with_target(target, y.len(), width, |target| {
        Ok(kernels::sum_of(loss, y, target, gradient, 1.0 / y.len() as f64))
    })
}

/// The mean of a loss over all numbers, on a GPU.
#[cfg(feature = "cuda")]
fn mean_on_gpu<'l, S: Shape, E: Element, D: Device<E>>(
    by: Pointwise,
    target: &Tensor<S, E, D>,
    rows: usize,
    width: usize,
) -> Result<Option<GpuLoss<'l>>, Error> {
    let Some(target) = target_on_gpu(target, rows, width)? else { return Ok(None) };
    let scale = 1.0 / (rows * width) as f64;
    Ok(Some(GpuLoss::Compared { target, by, scale, must_be: None }))
}
