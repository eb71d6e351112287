//! `unembed(V, tie: tokens)`: x·Wᵀ with the table of an embedding.

use dfdx::prelude::*;

use super::linear::times_transposed;
use super::{Refusal, WeightShapes, check_features, rows};
use crate::Error;
use crate::exec::{Rows, Run};
use crate::param::Element;
use crate::plan::{Axes, Axis, Side, Text};

/// The sizes of an `unembed` item, which has no weights of its own.
///
/// # Shapes
/// `[…, width] → […, vocabulary]`
///
/// # Source
/// "Using the Output Embedding to Improve Language Models", arXiv:1608.05859.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnembedOp {
    /// How many ids there are.
    pub vocabulary: usize,
    /// Features of each.
    pub width: usize,
    /// The name of the `embedding` whose table it uses.
    pub tie: &'static str,
}

impl UnembedOp {
    pub(super) const fn keyword(&self) -> &'static str {
        "unembed"
    }

    pub(super) const fn keeps_axes(&self) -> bool {
        false
    }

    #[inline]
    pub(super) const fn check(&self, axes: &Axes, _: &[Side]) -> Result<(), Refusal> {
        check_features(self.width, axes)
    }

    pub(super) const fn output(&self, axes: Axes) -> Axes {
        axes.with_features(Axis::Static(self.vocabulary))
    }

    pub(super) const fn params(&self) -> u64 {
        0
    }

    pub(super) const fn weights(&self) -> WeightShapes {
        WeightShapes::NONE // those of the embedding that it names
    }

    pub(super) const fn frozen_params(&self) -> u64 {
        0
    }

    pub(super) const fn macs(&self, axes: &Axes, _: &[Side]) -> u64 {
        rows(axes).saturating_mul(self.width as u64).saturating_mul(self.vocabulary as u64)
    }

    pub(super) const fn write(&self, text: Text, _: Option<usize>) -> Text {
        text.str("unembed(").number(self.vocabulary).str(", tie: ").str(self.tie).str(")")
    }

    pub(super) fn composed<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<E, D, T>,
        _: &Axes,
        run: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        times_transposed(x, run.table(self.tie))
    }
}
