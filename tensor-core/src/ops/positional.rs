//! `positional(N)`: adds a vector to each position of a sequence, learned or sinusoidal.

use dfdx::prelude::*;

use super::{Refusal, WeightShapes, check_features, check_sequence, says, sequences_of};
use crate::Error;
use crate::exec::{Constant, Rows, Run};
use crate::param::{Element, init, weights};
use crate::plan::{Axes, Axis, Side, Text, is_lost};

/// The sizes of a `positional` item.
///
/// # Shapes
/// `[n, width] → [n, width]` for n up to `most`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionalOp {
    /// How many positions there are.
    pub most: usize,
    /// Features it takes and gives.
    pub width: usize,
    /// What is added.
    pub kind: Positions,
}

/// What a `positional` item adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Positions {
    /// A weight for each position.
    Learned,
    /// PE\[p, 2i\] = sin(p / 10000^(2i/width)), PE\[p, 2i + 1\] = cos(the same).
    ///
    /// # Source
    /// "Attention Is All You Need", arXiv:1706.03762, 3.5.
    Sinusoidal,
}

impl PositionalOp {
    pub(super) const fn keyword(&self) -> &'static str {
        "positional"
    }

    pub(super) const fn keeps_axes(&self) -> bool {
        true
    }

    #[inline]
    pub(super) const fn check(&self, axes: &Axes, _: &[Side]) -> Result<(), Refusal> {
        if let Err(refusal) = check_features(self.width, axes) {
            return Err(refusal);
        }
        if let Err(refusal) = check_sequence(axes) {
            return Err(refusal);
        }
        if matches!(self.kind, Positions::Sinusoidal) && !self.width.is_multiple_of(2) {
            let text = Text::new().str("pairs a sine with a cosine, which ").number(self.width);
            return says(text.str(" features, an odd number, can't hold"), Text::new());
        }
        match axes.from_end(2) {
            Axis::Static(n) if n > self.most && !is_lost(n) && !is_lost(self.most) => {
                let text =
                    Text::new().str("has ").number(self.most).str(" positions, but takes a sequence of ");
                let help = Text::new().str("let it have ").number(n).str(" positions");
                says(text.number(n), help)
            }
            _ => Ok(()),
        }
    }

    pub(super) const fn output(&self, axes: Axes) -> Axes {
        axes
    }

    pub(super) const fn params(&self) -> u64 {
        match self.kind {
            Positions::Learned => (self.most as u64).saturating_mul(self.width as u64),
            Positions::Sinusoidal => 0,
        }
    }

    pub(super) const fn weights(&self) -> WeightShapes {
        match self.kind {
            Positions::Learned => WeightShapes::NONE.with("weight", &[self.most, self.width]),
            Positions::Sinusoidal => WeightShapes::NONE,
        }
    }

    pub(super) const fn frozen_params(&self) -> u64 {
        0
    }

    pub(super) const fn macs(&self, _: &Axes, _: &[Side]) -> u64 {
        0
    }

    pub(super) const fn write(&self, text: Text, _: Option<usize>) -> Text {
        let text = text.str("positional(").number(self.most);
        text.str(match self.kind {
            Positions::Learned => ")",
            Positions::Sinusoidal => ", kind: sinusoidal)",
        })
    }

    pub(super) fn composed<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<E, D, T>,
        axes: &Axes,
        run: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        let (sequences, n) = sequences_of(axes);
        let (start, (count, width)) = (run.positions_before(), *x.shape());
        if start + n > self.most {
            return Err(Error::TooLong { item: run.item(), given: start + n, most: self.most });
        }
        let positions: Rows<E, D, T> = match self.kind {
            Positions::Learned => {
                let table = run.weights.matrix().put_tape(T::default());
                table.try_slice((start..start + n, 0..width)).map_err(Error::device)?
            }
            Positions::Sinusoidal => {
                let constant = Constant::Sinusoids { start, positions: n, width };
                run.constant(constant, x.device())?.put_tape(T::default())
            }
        };
        let shape = (sequences, n, width);
        let positions =
            positions.try_broadcast_like::<_, dfdx::shapes::Axis<0>>(&shape).map_err(Error::device)?;
        let y = x.try_reshape_like(&shape).and_then(|x| x.try_add(positions));
        y.and_then(|y| y.try_reshape_like(&(count, width))).map_err(Error::device)
    }
}

weights! {
    /// The weights of a learned `positional` item.
    pub struct Positional<MOST, WIDTH> {
        /// `[most, width]`, starting normal with the standard deviation 0.02.
        weight: Rank2<MOST, WIDTH> as Embedding = init::normal(),
    }
}
