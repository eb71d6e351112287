//! `flatten`: all declared axes become one; leading axes stay.

use dfdx::prelude::*;

use super::{Refusal, no_weights};
use crate::Error;
use crate::exec::{Rows, Run, reshape};
use crate::param::Element;
use crate::plan::{Axes, Axis, Side, Text, times};

/// `flatten`: `[a, b, c] → [a·b·c]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flatten;

no_weights!(Flatten);

impl Flatten {
    pub(super) const fn keyword(&self) -> &'static str {
        "flatten"
    }

    pub(super) const fn keeps_axes(&self) -> bool {
        false
    }

    #[inline]
    pub(super) const fn check(&self, axes: &Axes, _: &[Side]) -> Result<(), Refusal> {
        let mut i = axes.leading();
        while i < axes.len() {
            if axes.get(i).size().is_none() {
                return Err(Refusal::RuntimeAxis);
            }
            i += 1;
        }
        Ok(())
    }

    pub(super) const fn output(&self, axes: Axes) -> Axes {
        let mut features = 1;
        let mut i = axes.leading();
        while i < axes.len() {
            if let Some(size) = axes.get(i).size() {
                features = times(features, size);
            }
            i += 1;
        }
        axes.without_last(axes.len() - axes.leading()).push(Axis::Static(features))
    }

    pub(super) const fn write(&self, text: Text, _: Option<usize>) -> Text {
        text.str("flatten")
    }

    pub(super) fn composed<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<E, D, T>,
        axes: &Axes,
        _: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        reshape(x, &self.output(*axes))
    }
}
