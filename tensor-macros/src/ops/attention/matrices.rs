//! The four matrices: what is written of them, and how they fit.

use super::RULE;
use super::options::option_span;
use crate::check::{Axis, Context, Flow, find};
use crate::dim::{Dim, Verdict};
use crate::explain;
use crate::syntax::{Call, Choice, Value};

/// A projection: its sizes, and the token to blame for each.
pub(super) struct Matrix {
    pub(super) name: &'static str,
    pub(super) rows: Axis,
    pub(super) columns: Axis,
    /// The written sizes.
    pub(super) written: Option<[Dim; 2]>,
}

/// A matrix as written, `w_q: [8, 4]`, or with the sizes that it has by default.
pub(super) fn matrix(
    cx: &mut Context<'_>,
    call: &Call,
    name: &'static str,
    rows: &Axis,
    columns: impl FnOnce(&mut Context<'_>) -> Axis,
) -> Matrix {
    match find(call, name).map(|choice| (choice, &choice.value)) {
        None => Matrix { name, rows: rows.clone(), columns: columns(cx), written: None },
        Some((_, Value::Axes(axes, _))) if axes.dims.len() == 2 && !axes.ids => {
            let written = [axes.dims[0].clone(), axes.dims[1].clone()];
            let (rows, columns) = (cx.written_axis(&written[0]), cx.written_axis(&written[1]));
            Matrix { name, rows, columns, written: Some(written) }
        }
        Some((Choice { name: option, value }, _)) => {
            cx.errors.at_span(value.span(), explain::matrix_form(option));
            Matrix { name, rows: Axis::Lost, columns: Axis::Lost, written: None }
        }
    }
}

/// The rows of a matrix are the features that it multiplies.
pub(super) fn check_rows(
    cx: &mut Context<'_>,
    title: &str,
    matrix: &Matrix,
    takes: &Axis,
    from: String,
    flow: &Flow,
) {
    let Some([rows, _]) = &matrix.written else { return };
    cx.must_be_equal((&matrix.rows, takes), rows, || {
        explain::matrix_rows(title, matrix.name, (&matrix.rows, takes), &from, flow)
    });
}

/// head_dim: what each head has of the queries.
pub(super) fn split(
    cx: &mut Context<'_>,
    title: &str,
    call: &Call,
    columns: &Axis,
    heads: &Axis,
    flow: &Flow,
) -> Axis {
    if find(call, "heads").is_none() {
        return columns.clone();
    }
    let span = option_span(call, "heads");
    match cx.divides(heads, columns) {
        Verdict::Equal => {}
        Verdict::RustcKnows => cx.leave_to_rustc(span),
        Verdict::Different => {
            cx.errors.at_span(span, explain::heads(title, columns, heads, flow));
            return Axis::Lost;
        }
        Verdict::Unproved => {
            cx.errors.at_span(span, explain::heads_unproved(title, columns, heads, flow));
            return Axis::Lost;
        }
    }
    cx.quotient(columns.clone(), heads.clone())
}

/// Q·Kᵀ: keys are as wide as queries, head by head.
pub(super) fn check_scores(
    cx: &mut Context<'_>,
    title: &str,
    (w_q, w_k): (&Matrix, &Matrix),
    (heads, kv_heads, head_dim): (&Axis, &Axis, &Axis),
    flow: &Flow,
) {
    let Some([_, columns]) = &w_k.written else { return };
    let wanted = cx.product(kv_heads.clone(), head_dim.clone());
    cx.must_be_equal((&w_k.columns, &wanted), columns, || {
        explain::scores(title, (&w_q.columns, heads), (&w_k.columns, kv_heads, &wanted), flow)
    });
}

/// What each kv head has of the values.
pub(super) fn split_values(
    cx: &mut Context<'_>,
    title: &str,
    w_v: &Matrix,
    kv_heads: &Axis,
    flow: &Flow,
) -> Axis {
    let Some([_, columns]) = &w_v.written else { return cx.quotient(w_v.columns.clone(), kv_heads.clone()) };
    match cx.divides(kv_heads, &w_v.columns) {
        Verdict::Equal => {}
        Verdict::RustcKnows => cx.leave_to_rustc(columns.span()),
        Verdict::Different | Verdict::Unproved => {
            cx.errors.at(&columns.tokens(), explain::value_heads(title, &w_v.columns, kv_heads, flow));
            return Axis::Lost;
        }
    }
    cx.quotient(w_v.columns.clone(), kv_heads.clone())
}

pub(super) fn check_heads_joined(
    cx: &mut Context<'_>,
    title: &str,
    w_o: &Matrix,
    joined: &Axis,
    flow: &Flow,
) {
    let Some([rows, _]) = &w_o.written else { return };
    cx.must_be_equal((&w_o.rows, joined), rows, || explain::heads_joined(title, &w_o.rows, joined, flow));
}

/// The written output size against what the last matrix gives; goes on with the former.
pub(super) fn check_promise(
    cx: &mut Context<'_>,
    title: &str,
    promised: Option<(Dim, Axis)>,
    (giver, outputs): (&str, Axis),
    flow: &Flow,
) -> Axis {
    let Some((dim, size)) = promised else { return outputs };
    // In `attention!` the promise is the signature's.
    let who = if title == RULE.keyword { cx.network.clone() } else { title.to_owned() };
    cx.must_be_equal((&size, &outputs), &dim, || {
        explain::attention_output((&who, title), (&size, &outputs), giver, flow)
    });
    size
}
