//! Side inputs: finding them, and checking those of nested networks.

use super::axes::same_text;
use super::flow::{Flow, is_known};
use super::words::{fail, gives};
use super::{Axes, Axis, Plan, Side, Text};

/// Checks that each side input of a nested network is one of those here, with the axes that it takes.
#[track_caller]
#[inline]
pub(super) const fn check_sides(name: &str, plan: &Plan, named: &[(&str, &str)], flow: Flow) {
    if !plan.sides.is_empty() && flow.axes.len() != plan.input.len() {
        let text = Text::new().quoted(name).str(" has side inputs, so that it takes no axes before ");
        let text = text.axes(&plan.input).str(", but ");
        fail(gives(text, flow, 0).str("\n").chain(flow).str(" → ").str(name))
    }
    let mut i = 0;
    while i < named.len() {
        if plan.side(named[i].0).is_none() {
            let text = Text::new().quoted(plan.name).str(" has no side input ").quoted(named[i].0);
            fail(list_sides(text.str("; it takes "), plan.sides).str("\n").chain(flow).str(" → ").str(name))
        }
        i += 1;
    }
    let mut i = 0;
    while i < plan.sides.len() {
        let side = &plan.sides[i];
        let here = name_here(side.name, named);
        let text = Text::new().quoted(name).str(" needs the side input ").quoted(side.name).str(" ");
        let Some(given) = find_side(flow.sides, here) else {
            let text = here_are(text.axes(&side.axes).str(", but "), flow.sides);
            let text = text.str("\n").chain(flow).str(" → ").str(name).str("\nhelp: add ").quoted(side.name);
            let text =
                text.str(" to the signature, as in `(x: …, ").str(side.name).str(": ").axes(&side.axes);
            let text = text.str(")`, or name another one: `").str(plan.name).str("(").str(side.name);
            fail(text.str(": …)`"))
        };
        // What its main input binds is as it is here.
        let wanted = flow.axes.bound(&side.axes, &plan.input);
        if is_known(&given.axes) && is_known(&wanted) && !fits_side(&given.axes, &wanted) {
            let text = text.str("with the axes ").axes(&wanted).str(", but ").quoted(given.name).str(" has ");
            fail(text.axes(&given.axes).str("\n").chain(flow).str(" → ").str(name))
        }
        i += 1;
    }
}

/// Whether a side input has the wanted axes; a runtime axis that nothing binds takes any size.
#[inline]
const fn fits_side(given: &Axes, wanted: &Axes) -> bool {
    if given.len() != wanted.len() || given.are_ids() != wanted.are_ids() {
        return false;
    }
    let mut i = 0;
    while i < given.len() {
        if let (Axis::Static(a), Axis::Static(b)) = (given.get(i), wanted.get(i))
            && a != b
        {
            return false;
        }
        i += 1;
    }
    true
}

/// The name that a nested network's side input has here.
#[inline]
pub(crate) const fn name_here<'n>(name: &'n str, named: &[(&str, &'n str)]) -> &'n str {
    let mut i = 0;
    while i < named.len() {
        if same_text(named[i].0, name) {
            return named[i].1;
        }
        i += 1;
    }
    name
}

/// What side inputs there are.
#[inline]
pub(crate) const fn here_are(text: Text, sides: &[Side]) -> Text {
    if sides.is_empty() { text.str("there is none here") } else { list_sides(text.str("here are "), sides) }
}

/// `none`, or the names of side inputs.
#[inline]
const fn list_sides(mut text: Text, sides: &[Side]) -> Text {
    if sides.is_empty() {
        return text.str("none");
    }
    let mut i = 0;
    while i < sides.len() {
        text = if i > 0 { text.str(", ") } else { text };
        text = text.quoted(sides[i].name);
        i += 1;
    }
    text
}

/// The side input of this name.
#[inline]
pub(crate) const fn find_side<'s>(sides: &'s [Side], name: &str) -> Option<&'s Side> {
    let mut i = 0;
    while i < sides.len() {
        if same_text(sides[i].name, name) {
            return Some(&sides[i]);
        }
        i += 1;
    }
    None
}

impl Plan {
    /// Its side input of this name.
    #[inline]
    pub const fn side(&self, name: &str) -> Option<&Side> {
        find_side(self.sides, name)
    }
}
