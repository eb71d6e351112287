//! `relu`, `gelu`, … `log_softmax`: same axes, no weights.

use std::any::TypeId;

use dfdx::prelude::*;

use super::{Refusal, no_weights};
use crate::Error;
use crate::exec::{Rows, Run, log_softmax};
use crate::kernels;
use crate::param::Element;
use crate::plan::{Axes, Side, Text};

/// An element-wise function, or a softmax over the features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// max(x, 0)
    Relu,
    /// x·Φ(x), with the error function: PyTorch's default `gelu`
    Gelu,
    /// PyTorch's `gelu(approximate="tanh")`
    GeluTanh,
    /// x·sigmoid(x)
    Silu,
    /// tanh(x)
    Tanh,
    /// 1 / (1 + e⁻ˣ)
    Sigmoid,
    /// eˣ / Σ eˣ over the features
    Softmax,
    /// The logarithm of [`Activation::Softmax`]
    LogSoftmax,
}

no_weights!(Activation);

impl Activation {
    pub(super) const fn keyword(&self) -> &'static str {
        match self {
            Activation::Relu => "relu",
            Activation::Gelu => "gelu",
            Activation::GeluTanh => "gelu_tanh",
            Activation::Silu => "silu",
            Activation::Tanh => "tanh",
            Activation::Sigmoid => "sigmoid",
            Activation::Softmax => "softmax",
            Activation::LogSoftmax => "log_softmax",
        }
    }

    /// What kernels call it.
    pub(crate) const fn of_kernels(self) -> kernels::Activation {
        match self {
            Activation::Relu => kernels::Activation::Relu,
            Activation::Gelu => kernels::Activation::Gelu,
            Activation::GeluTanh => kernels::Activation::GeluTanh,
            Activation::Silu => kernels::Activation::Silu,
            Activation::Tanh => kernels::Activation::Tanh,
            Activation::Sigmoid => kernels::Activation::Sigmoid,
            Activation::Softmax => kernels::Activation::Softmax,
            Activation::LogSoftmax => kernels::Activation::LogSoftmax,
        }
    }

    pub(super) const fn keeps_axes(&self) -> bool {
        true
    }

    #[inline]
    pub(super) const fn check(&self, _: &Axes, _: &[Side]) -> Result<(), Refusal> {
        Ok(())
    }

    pub(super) const fn output(&self, axes: Axes) -> Axes {
        axes
    }

    pub(super) const fn write(&self, text: Text, _: Option<usize>) -> Text {
        text.str(self.keyword())
    }

    pub(super) fn composed<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<E, D, T>,
        _: &Axes,
        _: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        let y = match self {
            Activation::Relu => relu(x),
            Activation::Gelu => gelu(x),
            Activation::GeluTanh => x.try_fast_gelu(),
            Activation::Silu => x.retaped::<T>().try_sigmoid().and_then(|gate| x.try_mul(gate)),
            Activation::Tanh => x.try_tanh(),
            Activation::Sigmoid => x.try_sigmoid(),
            Activation::Softmax => x.try_softmax::<Axis<1>>(),
            Activation::LogSoftmax => log_softmax(x),
        };
        y.map_err(Error::device)
    }
}

/// dfdx's `relu` turns NaN into 0, and so does its gradient; this one, like PyTorch's, doesn't.
fn relu<E: Element, D: Device<E>, T: Tape<E, D>>(x: Rows<E, D, T>) -> Result<Rows<E, D, T>, D::Err> {
    // One pass instead of three. With a tape its gradient at 0 would be 1, and on a GPU it loses NaN.
    if !T::OWNS_TAPE && TypeId::of::<D>() == TypeId::of::<Cpu>() {
        return x.try_clamp(0.0, f64::INFINITY);
    }
    let off = x.try_le(E::zero())?; // false for NaN
    let zeros = x.device().try_zeros_like(&x)?;
    off.try_choose(zeros.put_tape(T::default()), x)
}

/// dfdx's `accurate_gelu` has the right value, but the derivative Φ(x) + √2·x·φ(x) instead of Φ(x) + x·φ(x), where φ is
/// the normal density. As φ' = −x·φ, adding (√2 − 1)·(φ(x) − φ(x) without its gradient), which is 0, mends that.
fn gelu<E: Element, D: Device<E>, T: Tape<E, D>>(x: Rows<E, D, T>) -> Result<Rows<E, D, T>, D::Err> {
    let scale = (std::f64::consts::SQRT_2 - 1.0) / std::f64::consts::TAU.sqrt();
    let exponent = x.retaped::<T>().try_square()?.try_mul(E::of(-0.5))?;
    let density = exponent.try_exp()?.try_mul(E::of(scale))?;
    let (value, tape) = density.split_tape();
    // dfdx subtracts only tensors of different identity, which the multiplication makes.
    let constant = value.clone().try_mul(E::ONE)?;
    let zero = value.put_tape(tape).try_sub(constant)?;
    x.try_accurate_gelu()?.try_add(zero)
}
