//! `lora(I -> O, rank: R, alpha: A, bias: false)`: a frozen matrix and a trainable one of low rank beside it.

use dfdx::prelude::*;

use super::linear::{add_to_rows, times_transposed};
use super::{Refusal, WeightShapes, check_features, rows};
use crate::Error;
use crate::exec::{Rows, Run};
use crate::param::{Element, init, weights};
use crate::plan::{Axes, Axis, Side, Text};

/// The sizes of a `lora` item: y = W·x + b + (alpha/rank)·B·(A·x).
///
/// # Source
/// "LoRA: Low-Rank Adaptation of Large Language Models", arXiv:2106.09685.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoraOp {
    /// Features it takes.
    pub inputs: usize,
    /// Features it gives.
    pub outputs: usize,
    /// Rows of A and columns of B.
    pub rank: usize,
    /// The update is scaled by alpha / rank.
    pub alpha: usize,
    /// Whether a bias is added, which is frozen too.
    pub bias: bool,
}

impl LoraOp {
    pub(super) const fn keyword(&self) -> &'static str {
        "lora"
    }

    pub(super) const fn keeps_axes(&self) -> bool {
        false
    }

    #[inline]
    pub(super) const fn check(&self, axes: &Axes, _: &[Side]) -> Result<(), Refusal> {
        check_features(self.inputs, axes)
    }

    pub(super) const fn output(&self, axes: Axes) -> Axes {
        axes.with_features(Axis::Static(self.outputs))
    }

    /// Numbers in W, which is as many as a row is multiplied with.
    const fn matrix(&self) -> u64 {
        (self.inputs as u64).saturating_mul(self.outputs as u64)
    }

    /// Numbers in A and B.
    pub(super) const fn factors(&self) -> u64 {
        (self.inputs as u64).saturating_add(self.outputs as u64).saturating_mul(self.rank as u64)
    }

    pub(super) const fn params(&self) -> u64 {
        self.frozen_params().saturating_add(self.factors())
    }

    pub(super) const fn weights(&self) -> WeightShapes {
        let weights = WeightShapes::NONE.with("weight", &[self.outputs, self.inputs]);
        let weights = if self.bias { weights.with("bias", &[self.outputs]) } else { weights };
        weights.with("lora_a", &[self.rank, self.inputs]).with("lora_b", &[self.outputs, self.rank])
    }

    pub(super) const fn frozen_params(&self) -> u64 {
        self.matrix().saturating_add(if self.bias { self.outputs as u64 } else { 0 })
    }

    pub(super) const fn macs(&self, axes: &Axes, _: &[Side]) -> u64 {
        rows(axes).saturating_mul(self.matrix().saturating_add(self.factors()))
    }

    pub(super) const fn write(&self, text: Text, inputs: Option<usize>) -> Text {
        let inputs = if let Some(inputs) = inputs { inputs } else { self.inputs };
        let text = text.str("lora(").number(inputs).str(" -> ").number(self.outputs);
        let text = text.str(", rank: ").number(self.rank).str(", alpha: ").number(self.alpha);
        text.str(if self.bias { ", bias: true)" } else { ")" })
    }

    pub(super) fn composed<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<E, D, T>,
        _: &Axes,
        run: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        Adapted::take(self, run).apply(x)
    }

    /// What the update B·A is multiplied with.
    pub(crate) const fn scale(&self) -> f64 {
        self.alpha as f64 / self.rank as f64
    }
}

/// The next weights of a pass, as those of an adapted matrix.
pub(super) struct Adapted<E: Element, D: Device<E>> {
    weight: Tensor<(usize, usize), E, D>,
    bias: Option<Tensor<(usize,), E, D>>,
    a: Tensor<(usize, usize), E, D>,
    b: Tensor<(usize, usize), E, D>,
    scale: f64,
}

impl<E: Element, D: Device<E>> Adapted<E, D> {
    pub(super) fn take(op: &LoraOp, run: &mut Run<'_, E, D>) -> Self {
        let weight = run.weights.matrix();
        let bias = op.bias.then(|| run.weights.vector());
        let (a, b) = (run.weights.matrix(), run.weights.matrix());
        Adapted { weight, bias, a, b, scale: op.scale() }
    }

    pub(super) fn apply<T: Tape<E, D>>(self, x: Rows<E, D, T>) -> Result<Rows<E, D, T>, Error> {
        let update = times_transposed(times_transposed(x.retaped::<T>(), self.a)?, self.b)?;
        let update = update.try_mul(E::of(self.scale)).map_err(Error::device)?;
        let y = times_transposed(x, self.weight)?.try_add(update).map_err(Error::device)?;
        match self.bias {
            Some(bias) => add_to_rows(y, bias),
            None => Ok(y),
        }
    }
}

weights! {
    /// The weights of a `lora` item. A starts Kaiming-uniform and B at zero, so that it starts as W alone.
    pub struct Lora<INPUTS, OUTPUTS, RANK, ALPHA> {
        /// W `[out, in]`: frozen, optimizers leave it alone.
        weight: Rank2<OUTPUTS, INPUTS> as Frozen = init::frozen_kaiming::<INPUTS, _, _, _>(),
        /// A `[rank, in]`.
        lora_a: Rank2<RANK, INPUTS> as Adapter = init::kaiming::<INPUTS, _, _, _>(),
        /// B `[out, rank]`.
        lora_b: Rank2<OUTPUTS, RANK> as Adapter = init::zeros(),
    }
}

weights! {
    /// The weights of a `lora(…, bias: true)` item, which has a place for the bias of the `linear` that it adapts.
    pub struct LoraWithBias<INPUTS, OUTPUTS, RANK, ALPHA> {
        /// W `[out, in]`: frozen, optimizers leave it alone.
        weight: Rank2<OUTPUTS, INPUTS> as Frozen = init::frozen_kaiming::<INPUTS, _, _, _>(),
        /// `[out]`: frozen too.
        bias: Rank1<OUTPUTS> as Frozen = init::frozen_kaiming::<INPUTS, _, _, _>(),
        /// A `[rank, in]`.
        lora_a: Rank2<RANK, INPUTS> as Adapter = init::kaiming::<INPUTS, _, _, _>(),
        /// B `[out, rank]`.
        lora_b: Rank2<OUTPUTS, RANK> as Adapter = init::zeros(),
    }
}

macro_rules! merge {
    ($Lora:ident) => {
        impl<
            const INPUTS: usize,
            const OUTPUTS: usize,
            const RANK: usize,
            const ALPHA: usize,
            E: Element,
            D: Device<E>,
        > $Lora<INPUTS, OUTPUTS, RANK, ALPHA, E, D>
        {
            /// The one matrix that does the same: W + (alpha/rank)·B·A, `[out, in]`.
            ///
            /// # Errors
            /// [`Error::Device`] if the device runs out of memory.
            pub fn merge(&self) -> Result<Tensor<Rank2<OUTPUTS, INPUTS>, E, D>, Error> {
                let update = self.lora_b.tensor().clone().try_matmul(self.lora_a.tensor().clone());
                update
                    .and_then(|update| update.try_mul(E::of(ALPHA as f64 / RANK as f64)))
                    .and_then(|update| update.try_add(self.weight.tensor().clone()))
                    .map_err(Error::device)
            }
        }
    };
}
merge!(Lora);
merge!(LoraWithBias);
