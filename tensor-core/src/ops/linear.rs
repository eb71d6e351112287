//! `linear(I -> O)`: y = x·Wᵀ + b on the last axis.

use dfdx::prelude::*;

use super::{Refusal, WeightShapes, check_features, rows};
use crate::Error;
use crate::exec::{Rows, Run};
use crate::param::{Element, init, weights};
use crate::plan::{Axes, Axis, Side, Text};

/// The sizes of a `linear` item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinearOp {
    /// Features it takes.
    pub inputs: usize,
    /// Features it gives.
    pub outputs: usize,
    /// Whether a bias is added.
    pub bias: bool,
}

impl LinearOp {
    pub(super) const fn keyword(&self) -> &'static str {
        "linear"
    }

    pub(super) const fn keeps_axes(&self) -> bool {
        false
    }

    #[inline]
    pub(super) const fn check(&self, axes: &Axes, _: &[Side]) -> Result<(), Refusal> {
        check_features(self.inputs, axes)
    }

    #[inline]
    pub(super) const fn output(&self, axes: Axes) -> Axes {
        axes.with_features(Axis::Static(self.outputs))
    }

    pub(super) const fn params(&self) -> u64 {
        let bias = if self.bias { self.outputs } else { 0 };
        (self.inputs as u64).saturating_mul(self.outputs as u64).saturating_add(bias as u64)
    }

    pub(super) const fn weights(&self) -> WeightShapes {
        let weights = WeightShapes::NONE.with("weight", &[self.outputs, self.inputs]);
        if self.bias { weights.with("bias", &[self.outputs]) } else { weights }
    }

    pub(super) const fn frozen_params(&self) -> u64 {
        0
    }

    pub(super) const fn macs(&self, axes: &Axes, _: &[Side]) -> u64 {
        rows(axes).saturating_mul(self.inputs as u64).saturating_mul(self.outputs as u64)
    }

    pub(super) const fn write(&self, text: Text, inputs: Option<usize>) -> Text {
        let inputs = if let Some(inputs) = inputs { inputs } else { self.inputs };
        text.str("linear(").number(inputs).str(" -> ").number(self.outputs).str(if self.bias {
            ")"
        } else {
            ", bias: false)"
        })
    }

    pub(super) fn composed<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<E, D, T>,
        _: &Axes,
        run: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        let y = times_transposed(x, run.weights.matrix())?;
        if self.bias { add_to_rows(y, run.weights.vector()) } else { Ok(y) }
    }
}

/// x·Wᵀ for rows x and W `[out, in]`.
pub(super) fn times_transposed<E: Element, D: Device<E>, T: Tape<E, D>>(
    x: Rows<E, D, T>,
    weight: Tensor<(usize, usize), E, D>,
) -> Result<Rows<E, D, T>, Error> {
    let transposed =
        weight.put_tape(T::default()).try_permute::<(usize, usize), Axes2<1, 0>>().map_err(Error::device)?;
    x.try_matmul(transposed).map_err(Error::device)
}

/// x + b for each row of x.
pub(super) fn add_to_rows<E: Element, D: Device<E>, T: Tape<E, D>>(
    x: Rows<E, D, T>,
    bias: Tensor<(usize,), E, D>,
) -> Result<Rows<E, D, T>, Error> {
    let shape = *x.shape();
    let bias = bias
        .put_tape(T::default())
        .try_broadcast_like::<(usize, usize), Axis0>(&shape)
        .map_err(Error::device)?;
    x.try_add(bias).map_err(Error::device)
}

type Axis0 = dfdx::shapes::Axis<0>;

weights! {
    /// The weights of a `linear` item, in PyTorch's layout.
    pub struct Linear<INPUTS, OUTPUTS> {
        /// `[out, in]`, starting Kaiming-uniform.
        weight: Rank2<OUTPUTS, INPUTS> = init::kaiming::<INPUTS, _, _, _>(),
        /// `[out]`, starting uniform in ± 1/√in.
        bias: Rank1<OUTPUTS> = init::kaiming::<INPUTS, _, _, _>(),
    }
}

weights! {
    /// The weight of a `linear(…, bias: false)` item.
    pub struct LinearNoBias<INPUTS, OUTPUTS> {
        /// `[out, in]`, starting Kaiming-uniform.
        weight: Rank2<OUTPUTS, INPUTS> = init::kaiming::<INPUTS, _, _, _>(),
    }
}
