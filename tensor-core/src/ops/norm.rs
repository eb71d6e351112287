//! `layer_norm` and `rms_norm` over the features.

use dfdx::prelude::*;

use super::linear::add_to_rows;
use super::{Refusal, WeightShapes, check_features};
use crate::Error;
use crate::exec::{Rows, Run};
use crate::param::{Element, init, weights};
use crate::plan::{Axes, Side, Text};

/// `layer_norm`: (x − mean) / √(variance + eps) · weight + bias.
///
/// # Source
/// "Layer Normalization", arXiv:1607.06450; PyTorch's `nn.LayerNorm`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerNormOp {
    /// Features it takes and gives.
    pub width: usize,
    /// Added to the variance.
    pub eps: f64,
}

/// `rms_norm`: x / √(mean(x²) + eps) · weight.
///
/// # Source
/// "Root Mean Square Layer Normalization", arXiv:1910.07467; PyTorch's `nn.RMSNorm`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsNormOp {
    /// Features it takes and gives.
    pub width: usize,
    /// Added to the mean square.
    pub eps: f64,
}

macro_rules! norm_rules {
    ($Norm:ty, $keyword:literal, $params_per_feature:literal, $($weight:literal),+) => {
        impl $Norm {
            pub(super) const fn keyword(&self) -> &'static str {
                $keyword
            }

            pub(super) const fn keeps_axes(&self) -> bool {
                true
            }

            #[inline]
            pub(super) const fn check(&self, axes: &Axes, _: &[Side]) -> Result<(), Refusal> {
                check_features(self.width, axes)
            }

            pub(super) const fn output(&self, axes: Axes) -> Axes {
                axes
            }

            pub(super) const fn params(&self) -> u64 {
                (self.width as u64).saturating_mul($params_per_feature)
            }

            pub(super) const fn weights(&self) -> WeightShapes {
                WeightShapes::NONE$(.with($weight, &[self.width]))+
            }

            pub(super) const fn frozen_params(&self) -> u64 {
                0
            }

            pub(super) const fn macs(&self, _: &Axes, _: &[Side]) -> u64 {
                0
            }

            pub(super) const fn write(&self, text: Text, _: Option<usize>) -> Text {
                text.str($keyword)
            }
        }
    };
}
norm_rules!(LayerNormOp, "layer_norm", 2, "weight", "bias");
norm_rules!(RmsNormOp, "rms_norm", 1, "weight");

impl LayerNormOp {
    pub(super) fn composed<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<E, D, T>,
        _: &Axes,
        run: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        let normal = x.try_normalize::<Axis<1>>(self.eps).map_err(Error::device)?;
        let scaled = scale_rows(normal, run.weights.vector())?;
        add_to_rows(scaled, run.weights.vector())
    }
}

impl RmsNormOp {
    pub(super) fn composed<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<E, D, T>,
        _: &Axes,
        run: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        root_mean_square_norm(x, run.weights.vector(), self.eps)
    }
}

/// x / √(mean(x²) + eps) · weight for each row.
pub(super) fn root_mean_square_norm<E: Element, D: Device<E>, T: Tape<E, D>>(
    x: Rows<E, D, T>,
    weight: Tensor<(usize,), E, D>,
    eps: f64,
) -> Result<Rows<E, D, T>, Error> {
    let normal = divide_by_root_mean_square(x, eps).map_err(Error::device)?;
    scale_rows(normal, weight)
}

fn divide_by_root_mean_square<E: Element, D: Device<E>, T: Tape<E, D>>(
    x: Rows<E, D, T>,
    eps: f64,
) -> Result<Rows<E, D, T>, D::Err> {
    let shape = *x.shape();
    let mean_square = x.retaped::<T>().try_square()?.try_mean::<(usize,), Axis<1>>()?;
    let root = mean_square.try_add(E::of(eps))?.try_sqrt()?;
    x.try_div(root.try_broadcast_like::<(usize, usize), Axis<1>>(&shape)?)
}

fn scale_rows<E: Element, D: Device<E>, T: Tape<E, D>>(
    x: Rows<E, D, T>,
    scale: Tensor<(usize,), E, D>,
) -> Result<Rows<E, D, T>, Error> {
    let shape = *x.shape();
    let scale =
        scale.put_tape(T::default()).try_broadcast_like::<_, Axis<0>>(&shape).map_err(Error::device)?;
    x.try_mul(scale).map_err(Error::device)
}

weights! {
    /// The weights of a `layer_norm` item.
    pub struct LayerNorm<WIDTH> {
        /// `[width]`, starting at 1.
        weight: Rank1<WIDTH> as Norm = init::ones(),
        /// `[width]`, starting at 0.
        bias: Rank1<WIDTH> as Norm = init::zeros(),
    }
}

weights! {
    /// The weight of an `rms_norm` item.
    pub struct RmsNorm<WIDTH> {
        /// `[width]`, starting at 1.
        weight: Rank1<WIDTH> as Norm = init::ones(),
    }
}
