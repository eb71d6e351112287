//! `class_token`: a learned vector before the first position.

use dfdx::prelude::*;

use super::{Refusal, WeightShapes, check_features, check_sequence, sequences_of};
use crate::Error;
use crate::exec::{Rows, Run};
use crate::param::{Element, init, weights};
use crate::plan::{Axes, Axis as PlanAxis, Side, Text, plus};

/// The size of a `class_token` item.
///
/// # Shapes
/// `[n, width] → [n + 1, width]`
///
/// # Source
/// "BERT", arXiv:1810.04805; "An Image is Worth 16x16 Words", arXiv:2010.11929.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassTokenOp {
    /// Features it takes and gives.
    pub width: usize,
}

impl ClassTokenOp {
    pub(super) const fn keyword(&self) -> &'static str {
        "class_token"
    }

    pub(super) const fn keeps_axes(&self) -> bool {
        false
    }

    #[inline]
    pub(super) const fn check(&self, axes: &Axes, _: &[Side]) -> Result<(), Refusal> {
        match check_features(self.width, axes) {
            Ok(()) => check_sequence(axes),
            refusal => refusal,
        }
    }

    pub(super) const fn output(&self, axes: Axes) -> Axes {
        if axes.len() < 2 {
            return axes;
        }
        let positions = match axes.from_end(2) {
            PlanAxis::Static(size) => PlanAxis::Static(plus(size, 1)),
            PlanAxis::Runtime { name, plus } => PlanAxis::Runtime { name, plus: plus + 1 },
        };
        axes.without_last(2).push(positions).push(axes.from_end(1))
    }

    pub(super) const fn params(&self) -> u64 {
        self.width as u64
    }

    pub(super) const fn weights(&self) -> WeightShapes {
        WeightShapes::NONE.with("weight", &[self.width])
    }

    pub(super) const fn frozen_params(&self) -> u64 {
        0
    }

    pub(super) const fn macs(&self, _: &Axes, _: &[Side]) -> u64 {
        0
    }

    pub(super) const fn write(&self, text: Text, _: Option<usize>) -> Text {
        text.str("class_token")
    }

    pub(super) fn composed<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<E, D, T>,
        axes: &Axes,
        run: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        let ((sequences, n), width) = (sequences_of(axes), x.shape().1);
        let token = run.weights.vector().put_tape(T::default());
        let token =
            token.try_broadcast_like::<_, Axes2<0, 1>>(&(sequences, 1, width)).map_err(Error::device)?;
        let x = x.try_reshape_like(&(sequences, n, width)).map_err(Error::device)?;
        let all = (token, x).try_concat_along(Axis::<1>);
        all.and_then(|all| all.try_reshape_like(&(sequences * (n + 1), width))).map_err(Error::device)
    }
}

weights! {
    /// The weight of a `class_token` item.
    pub struct ClassToken<WIDTH> {
        /// `[width]`, starting normal with the standard deviation 0.02.
        weight: Rank1<WIDTH> as Embedding = init::normal(),
    }
}
