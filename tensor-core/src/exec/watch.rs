//! Looking at the values of a pass as they arise. The composed executor shows them; who looks is in [`crate::train`].

use std::fmt::{Debug, Display};

use dfdx::prelude::{Device, NoneTape};

use super::Rows;
use crate::param::{Element, Weight};

/// What an item works with: its name, and its numbers.
#[cfg_attr(not(feature = "trainer"), expect(dead_code, reason = "who looks is there"))]
pub(crate) enum Part<'p, E: Element, D: Device<E>> {
    /// What flows into it.
    Input(Rows<E, D, NoneTape>),
    /// One of its weights, by its name within the item.
    Weight(&'static str, &'p Weight<E, D>),
    /// What a branch gives that it joins.
    Branch(&'static str, Rows<E, D, NoneTape>),
}

/// Looks at a pass.
pub(crate) trait Watch<E: Element, D: Device<E>>: Debug {
    /// What follows, up to the matching [`leave`](Self::leave), is in an item of a network: its name, and its number where it
    /// is one of several in a row.
    fn enter(&mut self, item: &'static str, number: Option<usize>);

    /// The item ends.
    fn leave(&mut self);

    /// An item made `output` of these parts.
    fn saw(
        &mut self,
        item: &'static str,
        op: &dyn Display,
        parts: &[Part<'_, E, D>],
        output: &Rows<E, D, NoneTape>,
    );
}
