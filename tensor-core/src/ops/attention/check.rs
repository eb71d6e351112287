//! The shape rule of `attention`: each product of matrices with its own sentence.

use super::{AttentionOp, Mask};
use crate::ops::mask::check_mask;
use crate::ops::{Refusal, check_features, check_sequence, says};
use crate::plan::{Axes, Side, Text, find_side, here_are, is_lost, times};

macro_rules! each {
    ($($check:expr;)+) => {{
        $(if let Err(refusal) = $check { return Err(refusal); })+
        Ok(())
    }};
}

#[inline]
pub(super) const fn check(op: &AttentionOp, axes: &Axes, sides: &[Side]) -> Result<(), Refusal> {
    each! {
        check_features(op.width, axes);
        check_sequence(axes);
        takes("w_q", op.w_q, op.width, None);
        check_source(op, axes, sides);
        divides("features", op.w_q[1], op.heads, "heads");
        shares(op);
        keys_fit(op);
        divides("features of `w_v`", op.w_v[1], op.kv_heads, "heads");
        heads_fit(op);
        gives(op);
        rope_fits(op);
        window_fits(op);
        mask_fits(op, axes, sides);
    }
}

/// Where keys and values come from.
#[inline]
const fn check_source(op: &AttentionOp, axes: &Axes, sides: &[Side]) -> Result<(), Refusal> {
    let Some(name) = op.context else {
        return each! { takes("w_k", op.w_k, op.width, None); takes("w_v", op.w_v, op.width, None); };
    };
    let Some(context) = find_side(sides, name) else {
        let text = Text::new().str("needs the side input ").quoted(name);
        let text = here_are(text.str(", but "), sides);
        let help = Text::new().str("add it to the signature, as in `(x: …, ").str(name).str(": [m, ");
        return says(text, help.number(op.w_k[0]).str("])`"));
    };
    let fits = !context.axes.are_ids()
        && context.axes.len() >= 2
        && context.axes.without_last(2).equals(&axes.without_last(2));
    if !fits {
        let text =
            Text::new().str("takes keys and values from ").quoted(name).str(", but that has the axes ");
        return says(text.axes(&context.axes), Text::new());
    }
    match context.axes.features() {
        None => {
            let text = Text::new()
                .str("needs sizes that the compiler knows, but ")
                .quoted(name)
                .str(" has the axes ");
            says(text.axes(&context.axes), Text::new())
        }
        Some(features) => {
            each! { takes("w_k", op.w_k, features, op.context); takes("w_v", op.w_v, features, op.context); }
        }
    }
}

/// A matrix takes the features that it is multiplied with.
#[inline]
const fn takes(name: &str, matrix: [usize; 2], features: usize, of: Option<&str>) -> Result<(), Refusal> {
    if matrix[0] == features || is_lost(matrix[0]) || is_lost(features) {
        return Ok(());
    }
    let text = Text::new().str("multiplies ").number(features).str(" features");
    let text = if let Some(side) = of { text.str(" of ").quoted(side) } else { text };
    let text = written(text.str(" by "), name, matrix).str(", which takes ").number(matrix[0]);
    says(text, written(Text::new().str("let it be "), name, [features, matrix[1]]))
}

/// `` `w_q` [512, 512] ``
const fn written(text: Text, name: &str, matrix: [usize; 2]) -> Text {
    text.quoted(name).str(" [").number(matrix[0]).str(", ").number(matrix[1]).str("]")
}

#[inline]
const fn divides(what: &str, features: usize, by: usize, parts: &str) -> Result<(), Refusal> {
    if is_lost(features) || is_lost(by) || features.is_multiple_of(by) {
        return Ok(());
    }
    let text = Text::new().str("splits ").number(features).str(" ").str(what).str(" into ").number(by);
    says(text.str(" ").str(parts).str(", which leaves a remainder of ").number(features % by), Text::new())
}

#[inline]
const fn shares(op: &AttentionOp) -> Result<(), Refusal> {
    if is_lost(op.heads) || is_lost(op.kv_heads) || op.heads.is_multiple_of(op.kv_heads) {
        return Ok(());
    }
    let text = Text::new().str("shares ").number(op.kv_heads).str(" heads of keys among ").number(op.heads);
    let text = text.str(" heads of queries, which leaves a remainder of ").number(op.heads % op.kv_heads);
    says(text, Text::new())
}

/// Q·Kᵀ: a head's keys are as wide as its queries.
#[inline]
const fn keys_fit(op: &AttentionOp) -> Result<(), Refusal> {
    let wanted = times(op.kv_heads, op.head_dim());
    if wanted == op.w_k[1] || is_lost(wanted) || is_lost(op.w_k[1]) {
        return Ok(());
    }
    let text = Text::new().str("needs keys as wide as its queries for Q·Kᵀ: ").number(op.kv_heads);
    let text = heads_of(text, op.kv_heads)
        .str(" of ")
        .number(op.head_dim())
        .str(if op.kv_heads == 1 { " features makes " } else { " features make " })
        .number(wanted);
    let text = written(text.str(", but "), "w_k", op.w_k).str(" gives ").number(op.w_k[1]);
    says(text, written(Text::new().str("let it be "), "w_k", [op.w_k[0], wanted]))
}

const fn heads_of(text: Text, count: usize) -> Text {
    text.str(if count == 1 { " head" } else { " heads" })
}

/// The heads' values, one after another, go through w_o or come out.
#[inline]
const fn heads_fit(op: &AttentionOp) -> Result<(), Refusal> {
    let joined = times(op.heads, op.v_head_dim());
    let next = if let Some(matrix) = op.w_o { matrix[0] } else { op.outputs };
    if joined == next || is_lost(joined) || is_lost(next) {
        return Ok(());
    }
    let text = Text::new().str("joins ").number(op.heads);
    let text =
        heads_of(text, op.heads).str(" of ").number(op.v_head_dim()).str(" features to ").number(joined);
    match op.w_o {
        Some(matrix) => says(
            written(text.str(", but "), "w_o", matrix).str(" takes ").number(next),
            written(Text::new().str("let it be "), "w_o", [joined, matrix[1]]),
        ),
        None => says(text.str(", but gives ").number(next), Text::new()),
    }
}

#[inline]
const fn gives(op: &AttentionOp) -> Result<(), Refusal> {
    match op.w_o {
        Some(matrix) if matrix[1] != op.outputs && !is_lost(matrix[1]) && !is_lost(op.outputs) => {
            let text = Text::new().str("gives ").number(op.outputs).str(" features, but ");
            let text = written(text, "w_o", matrix).str(" gives ").number(matrix[1]);
            says(text, written(Text::new().str("let it be "), "w_o", [matrix[0], op.outputs]))
        }
        _ => Ok(()),
    }
}

#[inline]
const fn rope_fits(op: &AttentionOp) -> Result<(), Refusal> {
    if op.rope.is_none() || is_lost(op.head_dim()) || op.head_dim().is_multiple_of(2) {
        return Ok(());
    }
    let text = Text::new().str("turns pairs of features by `rope`, but a head has ").number(op.head_dim());
    says(text.str(", an odd number"), Text::new())
}

#[inline]
const fn window_fits(op: &AttentionOp) -> Result<(), Refusal> {
    match op.mask {
        Mask::Window(0) => {
            says(Text::new().str("sees a window of 0 positions"), Text::new().str("let it see at least 1"))
        }
        _ => Ok(()),
    }
}

#[inline]
const fn mask_fits(op: &AttentionOp, axes: &Axes, sides: &[Side]) -> Result<(), Refusal> {
    if !matches!(op.mask, Mask::Padding) {
        return Ok(());
    }
    let keys = match op.context {
        None => axes,
        Some(name) => match find_side(sides, name) {
            Some(side) => &side.axes,
            None => return Ok(()),
        },
    };
    check_mask(keys.without_last(1), sides)
}
