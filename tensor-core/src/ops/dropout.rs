//! `dropout(p)`: in training each number is dropped with probability p, the others are scaled by 1/(1 − p).

use dfdx::prelude::*;

use super::{Refusal, no_weights};
use crate::Error;
use crate::exec::random::drop_some;
use crate::exec::{Mode, Rows, Run};
use crate::param::Element;
use crate::plan::{Axes, Side, Text};

/// The probability of a `dropout` item.
///
/// # Source
/// "Improving neural networks by preventing co-adaptation of feature detectors", arXiv:1207.0580.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// The probability that a number is dropped, from 0 to below 1.
    pub probability: f64,
}

no_weights!(Dropout);

impl Dropout {
    pub(super) const fn keyword(&self) -> &'static str {
        "dropout"
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
        text.str("dropout")
    }

    pub(super) fn composed<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<E, D, T>,
        _: &Axes,
        run: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        match run.mode {
            Mode::Inference => Ok(x),
            Mode::Training => drop_some(x, self.probability).map_err(Error::device),
        }
    }
}
