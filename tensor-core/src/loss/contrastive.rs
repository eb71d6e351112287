//! Contrastive loss: each row finds its partner among those of the batch.

use dfdx::prelude::*;

use super::classes::try_cross_entropy;
#[cfg(feature = "cuda")]
use super::target::target_on_gpu;
use super::target::{Rows, as_rows, same_sizes, target_rows, with_target};
use super::{Loss, LossError, expect_loss};
use crate::Error;
#[cfg(feature = "cuda")]
use crate::exec::fused::gpu::GpuLoss;
use crate::kernels::loss as kernels;
use crate::param::Element;

/// InfoNCE with negatives from the batch: the mean cross-entropy by which each query finds its own key, that of the same
/// row, among all keys, by their cosines divided by `temperature`.
///
/// # Shapes
/// `queries, keys: [rows…, features]` → a scalar
///
/// # Units
/// nats; ln rows if all keys look the same. `temperature` is a cosine, often 0.05 to 0.2.
///
/// # Panics
/// On what [`try_info_nce`] reports.
///
/// ```
/// use tensor_core::loss::info_nce;
/// use tensor_core::prelude::*;
///
/// let device = Cpu::default();
/// let queries = device.tensor([[1.0f32, 0.0], [0.0, 1.0]]);
/// assert!(info_nce(queries.clone(), queries.clone() * 3.0, 0.1).array() < 1e-4); // lengths don't count
/// let one_key: Tensor<Rank2<2, 2>, f32, _> = device.ones();
/// assert!((info_nce(queries, one_key, 0.1).array() - 2.0f32.ln()).abs() < 1e-6);
/// ```
///
/// # Source
/// "Representation Learning with Contrastive Predictive Coding", arXiv:1807.03748; cosines and temperature as in SimCLR,
/// arXiv:2002.05709
#[track_caller]
pub fn info_nce<S: Shape, E: Element, D: Device<E>, T, R>(
    queries: Tensor<S, E, D, T>,
    keys: Tensor<S, E, D, R>,
    temperature: f64,
) -> Tensor<Rank0, E, D, T>
where
    T: Tape<E, D> + Merge<R>,
    R: Tape<E, D>,
{
    expect_loss(try_info_nce(queries, keys, temperature))
}

/// As [`info_nce`].
///
/// # Errors
/// [`LossError::Shape`] if sizes that only the run knows differ, [`LossError::Setting`] if `temperature` is not above 0,
/// [`LossError::NoRows`], [`Error::Device`].
pub fn try_info_nce<S: Shape, E: Element, D: Device<E>, T, R>(
    queries: Tensor<S, E, D, T>,
    keys: Tensor<S, E, D, R>,
    temperature: f64,
) -> Result<Tensor<Rank0, E, D, T>, Error>
where
    T: Tape<E, D> + Merge<R>,
    R: Tape<E, D>,
{
    same_sizes("tensor of keys", keys.shape(), queries.shape())?;
    find_keys(as_rows(queries)?, as_rows(keys)?, temperature)
}

/// The rows of a network's output find their keys in a tensor that stays, as [`info_nce`]: what another encoder gave, or an
/// older copy of this one.
#[derive(Clone, Copy, Debug)]
pub struct InfoNce<'k, S: Shape, E: Element, D: Device<E>> {
    /// The keys, of the output's shape.
    pub keys: &'k Tensor<S, E, D>,
    /// What cosines are divided by.
    pub temperature: f64,
}

/// The first half of the rows of a network's output finds its keys in the second half, row i in row n + i, as [`info_nce`]:
/// two views of each example, which one network encodes. The gradient goes to both.
#[derive(Clone, Copy, Debug)]
pub struct InfoNcePairs {
    /// What cosines are divided by.
    pub temperature: f64,
    /// Whether keys find queries as well, as in CLIP (arXiv:2103.00020): the loss is then the mean of both ways.
    pub both_ways: bool,
}

fn check(temperature: f64) -> Result<(), LossError> {
    let fits = temperature > 0.0 && temperature.is_finite();
    LossError::unless(fits, "the temperature", "above 0 and finite", temperature)
}

impl<S: Shape, E: Element, D: Device<E>> Loss<E, D> for InfoNce<'_, S, E, D> {
    fn of<T: Tape<E, D>>(&self, y: Rows<E, D, T>) -> Result<Tensor<Rank0, E, D, T>, Error> {
        let keys = target_rows(self.keys, &y)?;
        find_keys(y, keys, self.temperature)
    }

    fn of_rows(&self, y: &[f32], width: usize, gradient: &mut [f32]) -> Result<f32, Error> {
        check(self.temperature)?;
        with_target(self.keys, y.len(), width, |keys| {
            let temperature = self.temperature as f32;
            let pairs = kernels::Pairs { queries: y, keys, width, temperature, both_ways: false };
            Ok(kernels::info_nce(pairs, gradient, None))
        })
    }

    #[cfg(feature = "cuda")]
    #[expect(private_interfaces, reason = "only this crate's losses have kernels")]
    fn on_gpu(&self, rows: usize, width: usize) -> Result<Option<GpuLoss<'_>>, Error> {
        check(self.temperature)?;
        let Some(keys) = target_on_gpu(self.keys, rows, width)? else { return Ok(None) };
        let temperature = self.temperature as f32;
        Ok(Some(GpuLoss::Pairs { keys: Some(keys), temperature, both_ways: false }))
    }
}

impl InfoNcePairs {
    /// How many pairs so many rows are.
    fn pairs(&self, rows: usize) -> Result<usize, LossError> {
        check(self.temperature)?;
        match rows {
            0 => Err(LossError::NoRows),
            _ if rows % 2 == 1 => Err(LossError::OddRows { rows }),
            _ => Ok(rows / 2),
        }
    }
}

impl<E: Element, D: Device<E>> Loss<E, D> for InfoNcePairs {
    fn of<T: Tape<E, D>>(&self, y: Rows<E, D, T>) -> Result<Tensor<Rank0, E, D, T>, Error> {
        let pairs = self.pairs(y.shape().0)?;
        let keys = y.retaped::<T>().try_slice((pairs..2 * pairs, ..)).map_err(Error::device)?;
        let queries = y.try_slice((0..pairs, ..)).map_err(Error::device)?;
        let width = queries.shape().1;
        let keys = keys.try_reshape_like(&(pairs, width)).map_err(Error::device)?;
        let queries = queries.try_reshape_like(&(pairs, width)).map_err(Error::device)?;
        if !self.both_ways {
            return find_keys(queries, keys, self.temperature);
        }
        let back = find_keys(keys.retaped::<T>(), queries.retaped::<T>(), self.temperature)?;
        let there = find_keys(queries, keys, self.temperature)?;
        there.try_add(back).and_then(|both| both.try_mul(E::of(0.5))).map_err(Error::device)
    }

    fn of_rows(&self, y: &[f32], width: usize, gradient: &mut [f32]) -> Result<f32, Error> {
        let first = self.pairs(y.len() / width.max(1))? * width;
        let ((queries, keys), (of_queries, of_keys)) = (y.split_at(first), gradient.split_at_mut(first));
        let (temperature, both_ways) = (self.temperature as f32, self.both_ways);
        let pairs = kernels::Pairs { queries, keys, width, temperature, both_ways };
        Ok(kernels::info_nce(pairs, of_queries, Some(of_keys)))
    }

    #[cfg(feature = "cuda")]
    #[expect(private_interfaces, reason = "only this crate's losses have kernels")]
    fn on_gpu(&self, rows: usize, _: usize) -> Result<Option<GpuLoss<'_>>, Error> {
        self.pairs(rows)?;
        let temperature = self.temperature as f32;
        Ok(Some(GpuLoss::Pairs { keys: None, temperature, both_ways: self.both_ways }))
    }
}

fn find_keys<E: Element, D: Device<E>, T: Tape<E, D> + Merge<R>, R: Tape<E, D>>(
    queries: Rows<E, D, T>,
    keys: Rows<E, D, R>,
    temperature: f64,
) -> Result<Tensor<Rank0, E, D, T>, Error> {
    check(temperature)?;
    let labels: Vec<usize> = (0..queries.shape().0).collect();
    if labels.is_empty() {
        return Err(LossError::NoRows.into());
    }
    let scores = || {
        let keys = units(keys)?.try_permute::<(usize, usize), Axes2<1, 0>>()?;
        units(queries)?.try_matmul(keys)?.try_mul(E::of(1.0 / temperature))
    };
    try_cross_entropy(scores().map_err(Error::device)?, &labels)
}

/// The rows divided by their lengths, those of zeros by 1e-12, which PyTorch's `normalize` does too.
fn units<E: Element, D: Device<E>, T: Tape<E, D>>(rows: Rows<E, D, T>) -> Result<Rows<E, D, T>, D::Err> {
    let shape = *rows.shape();
    let squares = rows.retaped::<T>().try_square()?.try_sum::<(usize,), Axis<1>>()?;
    let lengths = squares.try_add(E::of(1e-24))?.try_sqrt()?;
    rows.try_div(lengths.try_broadcast_like::<_, Axis<1>>(&shape)?)
}
