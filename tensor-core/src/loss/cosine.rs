//! The loss of cosines of pairs.

use dfdx::prelude::*;

#[cfg(feature = "cuda")]
use super::target::target_on_gpu;
use super::target::{Rows, as_rows, check_target, constant, same_sizes, target_rows, with_target};
use super::{Loss, LossError, expect_loss};
use crate::Error;
#[cfg(feature = "cuda")]
use crate::exec::fused::gpu::GpuLoss;
use crate::kernels::loss as kernels;
use crate::param::Element;

/// The mean over pairs of rows of 1 − cos where the two are to be alike, else of max(0, cos − margin).
///
/// # Shapes
/// `first, second: [rows…, features]`, `alike: [rows…]` in order → a scalar
///
/// # Units
/// `margin` is a cosine, from −1 to 1: below it pairs that are to differ are left alone
///
/// # Panics
/// On what [`try_cosine_embedding`] reports.
///
/// ```
/// use tensor_core::loss::cosine_embedding;
/// use tensor_core::prelude::*;
///
/// let device = Cpu::default();
/// let (a, b) = (device.tensor([[1.0f32, 0.0], [2.0, 0.0]]), device.tensor([[0.0, 3.0], [5.0, 0.0]]));
/// assert_eq!(cosine_embedding(a, b, &[true, false], 0.5).array(), (1.0 + 0.5) / 2.0);
/// ```
///
/// # Source
/// PyTorch's `cosine_embedding_loss`, which adds 1e-12 to squared lengths, and takes 1 and −1 for `true` and `false`
#[track_caller]
pub fn cosine_embedding<S: Shape, E: Element, D: Device<E>, T, R>(
    first: Tensor<S, E, D, T>,
    second: Tensor<S, E, D, R>,
    alike: &[bool],
    margin: f64,
) -> Tensor<Rank0, E, D, T>
where
    T: Tape<E, D> + Merge<R>,
    R: Tape<E, D>,
{
    expect_loss(try_cosine_embedding(first, second, alike, margin))
}

/// As [`cosine_embedding`].
///
/// # Errors
/// [`LossError::Shape`] if sizes that only the run knows differ, [`LossError::PairCount`] if there is not one `alike` for
/// each pair, [`LossError::Setting`] for the margin, [`LossError::NoRows`], [`Error::Device`].
pub fn try_cosine_embedding<S: Shape, E: Element, D: Device<E>, T, R>(
    first: Tensor<S, E, D, T>,
    second: Tensor<S, E, D, R>,
    alike: &[bool],
    margin: f64,
) -> Result<Tensor<Rank0, E, D, T>, Error>
where
    T: Tape<E, D> + Merge<R>,
    R: Tape<E, D>,
{
    same_sizes("second tensor", second.shape(), first.shape())?;
    of_pairs(as_rows(first)?, as_rows(second)?, alike, margin)
}

/// The loss of a network's output in pairs with the rows of a tensor that stays, as [`cosine_embedding`].
#[derive(Clone, Copy, Debug)]
pub struct CosineEmbedding<'t, S: Shape, E: Element, D: Device<E>> {
    /// What the output's rows are compared with, of its shape.
    pub with: &'t Tensor<S, E, D>,
    /// Whether the rows of each pair are to be alike.
    pub alike: &'t [bool],
    /// The cosine below which a pair that is to differ is left alone.
    pub margin: f64,
}

impl<S: Shape, E: Element, D: Device<E>> Loss<E, D> for CosineEmbedding<'_, S, E, D> {
    fn of<T: Tape<E, D>>(&self, y: Rows<E, D, T>) -> Result<Tensor<Rank0, E, D, T>, Error> {
        let with = target_rows(self.with, &y)?;
        of_pairs(y, with, self.alike, self.margin)
    }

    fn of_rows(&self, y: &[f32], width: usize, gradient: &mut [f32]) -> Result<f32, Error> {
        with_target(self.with, y.len(), width, |with| {
            check(y.len() / width, self.alike, self.margin)?;
            Ok(kernels::cosine_embedding(y, with, self.alike, self.margin as f32, gradient))
        })
    }

    #[cfg(feature = "cuda")]
    #[expect(private_interfaces, reason = "only this crate's losses have kernels")]
    fn on_gpu(&self, rows: usize, width: usize) -> Result<Option<GpuLoss<'_>>, Error> {
        let Some(with) = target_on_gpu(self.with, rows, width)? else { return Ok(None) };
        check(rows, self.alike, self.margin)?;
        Ok(Some(GpuLoss::Cosine { with, alike: self.alike, margin: self.margin as f32 }))
    }
}

fn check(rows: usize, alike: &[bool], margin: f64) -> Result<(), LossError> {
    if alike.len() != rows {
        return Err(LossError::PairCount { rows, given: alike.len() });
    }
    LossError::unless((-1.0..=1.0).contains(&margin), "the margin of cosines", "from -1 to 1", margin)
}

fn of_pairs<E: Element, D: Device<E>, T: Tape<E, D> + Merge<R>, R: Tape<E, D>>(
    first: Rows<E, D, T>,
    second: Rows<E, D, R>,
    alike: &[bool],
    margin: f64,
) -> Result<Tensor<Rank0, E, D, T>, Error> {
    let &(rows, width) = first.shape();
    check_target(second.shape(), rows, width)?;
    check(rows, alike, margin)?;
    let share = 1.0 / rows as f64;
    let like = |wanted| alike.iter().map(move |&alike| if alike == wanted { share } else { 0.0 });
    let same = constant(&first, like(true), (rows,))?;
    let other = constant(&first, like(false), (rows,))?;
    let cosines = cosines(first, second).map_err(Error::device)?;
    let loss = || {
        let beyond = cosines.retaped::<T>().try_sub(E::of(margin))?;
        // max(0, z) = (z + |z|) / 2, which lets NaN through.
        let beyond = beyond.retaped::<T>().try_abs()?.try_add(beyond)?.try_mul(E::of(0.5))?;
        let apart = beyond.try_mul(other)?;
        let near = cosines.try_negate()?.try_add(E::of(1.0))?.try_mul(same)?;
        near.try_add(apart)?.try_sum::<Rank0, _>()
    };
    loss().map_err(Error::device)
}

/// The cosine of each pair of rows.
fn cosines<E: Element, D: Device<E>, T: Tape<E, D> + Merge<R>, R: Tape<E, D>>(
    first: Rows<E, D, T>,
    second: Rows<E, D, R>,
) -> Result<Tensor<(usize,), E, D, T>, D::Err> {
    let tiny = E::of(f64::from(kernels::TINY));
    let products = first.retaped::<T>().try_mul(second.retaped::<R>())?.try_sum::<(usize,), Axis<1>>()?;
    let first = first.try_square()?.try_sum::<(usize,), Axis<1>>()?.try_add(tiny)?;
    let second = second.try_square()?.try_sum::<(usize,), Axis<1>>()?.try_add(tiny)?;
    products.try_div(first.try_mul(second)?.try_sqrt()?)
}
