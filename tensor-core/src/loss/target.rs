//! Tensors that the output of a network is compared with.

use dfdx::prelude::*;

use super::LossError;
use crate::Error;
use crate::exec::fused::numbers_into;
use crate::kernels::scratch::with_scratch;
use crate::param::Element;

/// A network's output or a target as rows of features.
pub(super) type Rows<E, D, T = NoneTape> = Tensor<(usize, usize), E, D, T>;

/// Rows and their width.
pub(super) fn rows_of<S: Shape>(shape: &S) -> (usize, usize) {
    let sizes = shape.concrete();
    let width = sizes.as_ref().last().copied().unwrap_or(1);
    (shape.num_elements() / width.max(1), width)
}

/// A tensor as rows of features.
pub(super) fn as_rows<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    tensor: Tensor<S, E, D, T>,
) -> Result<Rows<E, D, T>, Error> {
    let rows = rows_of(tensor.shape());
    tensor.try_reshape_like(&rows).map_err(Error::device)
}

/// Checks that two tensors of one type have the same sizes, those that only the run knows too.
pub(super) fn same_sizes<S: Shape>(what: &'static str, given: &S, expected: &S) -> Result<(), Error> {
    let (given, expected) = (given.concrete().as_ref().to_vec(), expected.concrete().as_ref().to_vec());
    if given == expected { Ok(()) } else { Err(LossError::Shape { what, given, expected }.into()) }
}

/// Checks a target of any axes against the rows that a network gave: it has as many numbers, and its last axis is their width;
/// that of one number a row may lack this axis.
pub(super) fn check_target<S: Shape>(target: &S, rows: usize, width: usize) -> Result<(), Error> {
    let (numbers, given, sizes) = (target.num_elements(), rows * width, target.concrete());
    let sizes = sizes.as_ref();
    if given == 0 {
        return Err(LossError::NoRows.into());
    }
    if numbers != given {
        return Err(Error::Target { target: format!("{sizes:?}"), numbers, given });
    }
    if sizes.last() == Some(&width) || (width == 1 && sizes.len() <= 1) {
        return Ok(());
    }
    Err(LossError::Shape { what: "target", given: sizes.to_vec(), expected: vec![rows, width] }.into())
}

/// A target as rows like those of `y`.
pub(super) fn target_rows<S: Shape, E: Element, D: Device<E>, T>(
    target: &Tensor<S, E, D>,
    y: &Rows<E, D, T>,
) -> Result<Rows<E, D>, Error> {
    let &(rows, width) = y.shape();
    check_target(target.shape(), rows, width)?;
    target.clone().try_reshape_like(&(rows, width)).map_err(Error::device)
}

/// Lends the numbers of a target that fits rows of `width`.
pub(super) fn with_target<S: Shape, E: Element, D: Device<E>, R>(
    target: &Tensor<S, E, D>,
    numbers: usize,
    width: usize,
    work: impl FnOnce(&[f32]) -> Result<R, Error>,
) -> Result<R, Error> {
    check_target(target.shape(), numbers / width.max(1), width)?;
    with_scratch(numbers, |room| {
        numbers_into(target, room)?;
        work(room)
    })
}

/// A target that fits, where it lies on a GPU; nothing if it isn't `f32` there.
#[cfg(feature = "cuda")]
pub(super) fn target_on_gpu<S: Shape, E: Element, D: Device<E>>(
    target: &Tensor<S, E, D>,
    rows: usize,
    width: usize,
) -> Result<Option<crate::cuda::Reading>, Error> {
    check_target(target.shape(), rows, width)?;
    crate::exec::fused::gpu::reading(target)
}

/// Checks that numbers lie between 0 and 1.
pub(crate) fn check_probabilities<E: Element>(numbers: &[E], width: usize) -> Result<(), LossError> {
    let (zero, one) = (E::of(0.0), E::of(1.0));
    match numbers.iter().position(|&p| !(p >= zero && p <= one)) {
        None => Ok(()),
        Some(at) => Err(LossError::Probability {
            row: at / width,
            column: at % width,
            value: numbers[at].to_string(),
        }),
    }
}

/// How far the sum of a row's probabilities may be from 1.
pub(crate) const ROUNDING: f64 = 1e-3;

/// Checks that each row is a distribution.
pub(crate) fn check_distributions<E: Element>(numbers: &[E], width: usize) -> Result<(), LossError> {
    check_probabilities(numbers, width)?;
    for (row, probabilities) in numbers.chunks_exact(width).enumerate() {
        let sum: f64 = probabilities.iter().map(|p| p.to_f64().unwrap_or(f64::NAN)).sum();
        if (sum - 1.0).abs() > ROUNDING {
            return Err(LossError::Sum { row, sum: format!("{sum:.6}") });
        }
    }
    Ok(())
}

/// A constant of the device of `like`.
pub(super) fn constant<S: Shape, E: Element, D: Device<E>, Like: Shape, T>(
    like: &Tensor<Like, E, D, T>,
    numbers: impl Iterator<Item = f64>,
    shape: S,
) -> Result<Tensor<S, E, D>, Error> {
    like.device().try_tensor_from_vec(numbers.map(E::of).collect(), shape).map_err(Error::device)
}
