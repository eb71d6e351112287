//! The words of messages about what flows.

use super::flow::{By, Flow};
use super::{Axes, Axis, Text};

/// `4 features`, or `axes that end in [seq, 4]` where there are more.
#[inline]
pub(super) const fn takes(text: Text, axes: &Axes) -> Text {
    match axes.features() {
        Some(features) if axes.len() == 1 && !axes.are_ids() => text.number(features).str(" features"),
        _ => text.str("axes that end in ").axes(axes),
    }
}

/// `4 features`, or `[seq, 4]` where these or the axes that they are compared with are several.
#[inline]
pub(super) const fn size_of(text: Text, axes: &Axes, others: usize) -> Text {
    if axes.len() == 1 && others == 1 && !axes.are_ids() {
        text.axis(axes.from_end(1)).str(" features")
    } else {
        text.axes(axes)
    }
}

/// ``  `hidden` gives 8 ``, or `[seq, 8]` where these or the axes that they are compared with are several.
#[inline]
pub(super) const fn gives(text: Text, flow: Flow, others: usize) -> Text {
    if flow.axes.len() == 1 && others == 1 { given(text, flow) } else { giver(text, flow).axes(&flow.axes) }
}

/// ``  `hidden` gives 8 ``: the features alone.
#[inline]
pub(super) const fn given(text: Text, flow: Flow) -> Text {
    match flow.axes.from_end(1) {
        Axis::Static(features) if !flow.axes.are_ids() => giver(text, flow).number(features),
        _ => giver(text, flow).axes(&flow.axes),
    }
}

#[inline]
const fn giver(text: Text, flow: Flow) -> Text {
    if flow.giver.is_empty() { text.str("the input has ") } else { text.quoted(flow.giver).str(" gives ") }
}

/// ``let `hidden` give 6`` after `joint`, as far as that is in the giver's hands.
#[inline]
pub(super) const fn let_give(text: Text, joint: &str, flow: Flow, features: usize) -> Text {
    if flow.giver.is_empty() {
        return text;
    }
    let (before, after) = match flow.by {
        By::Choice => ("let ", " give "),
        By::Passing => ("let ", " take "),
        By::Product => ("let the axes that ", " takes make "),
        By::Rule => return text,
    };
    text.str(joint).str(before).quoted(flow.giver).str(after).number(features)
}

/// A help line where other features alone would do.
#[inline]
pub(super) const fn help_to_give(text: Text, flow: Flow, wanted: &Axes) -> Text {
    if flow.axes.are_ids() || wanted.are_ids() {
        return text;
    }
    let before = flow.axes.without_last(1);
    match wanted.features() {
        Some(features) if before.ends_in(&wanted.without_last(1)) => {
            let helped = let_give(text, "\nhelp: ", flow, features);
            let says = helped.as_str().len() > text.as_str().len();
            if says && wanted.len() > 1 { helped.str(" features") } else { helped }
        }
        _ => text,
    }
}

impl Text {
    #[inline]
    pub(super) const fn chain(self, flow: Flow) -> Self {
        self.str(flow.chain.as_str())
    }
}

#[track_caller]
#[inline]
pub(crate) const fn fail(text: Text) -> ! {
    panic!("{}", text.as_str())
}
