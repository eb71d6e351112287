//! What counts as a vector of so many numbers.

use std::borrow::Cow;

use dfdx::prelude::*;

/// A vector of `D` numbers: `&[f32; D]`, or a tensor with that one axis, on any device.
#[diagnostic::on_unimplemented(
    message = "vectors of {D} numbers are wanted here, but this is `{Self}`",
    label = "not a vector of {D} numbers"
)]
pub trait Vector<const D: usize> {
    /// Its `D` numbers.
    fn numbers(&self) -> Cow<'_, [f32]>;
}

/// Any number of vectors of `D` numbers: a slice, array or `Vec` of `[f32; D]`, or a tensor with two axes, on any device.
#[diagnostic::on_unimplemented(
    message = "rows of {D} numbers are wanted here, but this is `{Self}`",
    label = "not rows of {D} numbers"
)]
pub trait Vectors<const D: usize> {
    /// Their numbers, one vector after another.
    fn numbers(&self) -> Cow<'_, [f32]>;
}

#[diagnostic::do_not_recommend]
impl<const D: usize> Vector<D> for &[f32; D] {
    fn numbers(&self) -> Cow<'_, [f32]> {
        Cow::Borrowed(&self[..])
    }
}

#[diagnostic::do_not_recommend]
impl<const D: usize, Dev: Storage<f32>, T> Vector<D> for &Tensor<(Const<D>,), f32, Dev, T> {
    fn numbers(&self) -> Cow<'_, [f32]> {
        Cow::Owned(self.as_vec())
    }
}

#[diagnostic::do_not_recommend]
impl<const D: usize> Vectors<D> for &[[f32; D]] {
    fn numbers(&self) -> Cow<'_, [f32]> {
        Cow::Borrowed(self.as_flattened())
    }
}

#[diagnostic::do_not_recommend]
impl<const D: usize, const N: usize> Vectors<D> for &[[f32; D]; N] {
    fn numbers(&self) -> Cow<'_, [f32]> {
        Cow::Borrowed(self.as_flattened())
    }
}

#[diagnostic::do_not_recommend]
impl<const D: usize> Vectors<D> for &Vec<[f32; D]> {
    fn numbers(&self) -> Cow<'_, [f32]> {
        Cow::Borrowed(self.as_flattened())
    }
}

#[diagnostic::do_not_recommend]
impl<const D: usize, N: Dim, Dev: Storage<f32>, T> Vectors<D> for &Tensor<(N, Const<D>), f32, Dev, T> {
    fn numbers(&self) -> Cow<'_, [f32]> {
        // dfdx panics if asked for the elements of a tensor that has none.
        Cow::Owned(if self.shape().num_elements() == 0 { Vec::new() } else { self.as_vec() })
    }
}
