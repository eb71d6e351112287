//! `attention(heads: H, …)`, and the body of `attention!`

mod adapted;
mod expand;
mod matrices;
mod options;

use super::Rule;
use crate::check::{Axis, CheckedOp, Context, Flow, find};
use crate::dim::Dim;
use crate::explain;
use crate::syntax::{Argument, Call};

use expand::Checked;
use matrices::{check_heads_joined, check_promise, check_rows, check_scores, matrix, split, split_values};
use options::{context, dropout, heads, kv_heads, mask, rope};

pub(super) const RULE: Rule = Rule {
    keyword: "attention",
    form: "attention(heads: 8)",
    options: &[
        "heads", "kv_heads", "mask", "context", "rope", "dropout", "bias", "qk_norm", "w_q", "w_k", "w_v",
        "w_o", "lora", "rank", "alpha",
    ],
    has_weights: true,
    check,
};

fn check(cx: &mut Context<'_>, title: &str, call: &Call, flow: &mut Flow) -> CheckedOp {
    let [positions, features] = cx.last_axes(title, call, "[n, D]", flow);
    let (width, promised) = sizes(cx, title, call, features, flow);
    let context = context(cx, title, call);
    let (keys, context_width) = match &context {
        Some((_, axes)) => (axes[0].clone(), axes[1].clone()),
        None => (positions, width.clone()),
    };
    let heads = heads(cx, call);
    let kv_heads = kv_heads(cx, title, call, &heads);

    let w_q = matrix(cx, call, "w_q", &width, |_| width.clone());
    check_rows(cx, title, &w_q, &width, context_text(None), flow);
    let head_dim = split(cx, title, call, &w_q.columns, &heads, flow);
    let grouped = find(call, "kv_heads").is_some();
    let w_k = matrix(cx, call, "w_k", &context_width, |cx| {
        if grouped { cx.product(kv_heads.clone(), head_dim.clone()) } else { w_q.columns.clone() }
    });
    let from = context_text(context.as_ref().map(|(name, _)| name.as_str()));
    check_rows(cx, title, &w_k, &context_width, from.clone(), flow);
    check_scores(cx, title, (&w_q, &w_k), (&heads, &kv_heads, &head_dim), flow);
    let w_v = matrix(cx, call, "w_v", &context_width, |_| w_k.columns.clone());
    check_rows(cx, title, &w_v, &context_width, from, flow);
    let value_dim = split_values(cx, title, &w_v, &kv_heads, flow);
    let joined = if grouped { cx.product(heads.clone(), value_dim) } else { w_v.columns.clone() };

    let multi_head = find(call, "heads").is_some() || find(call, "w_o").is_some();
    let w_o = multi_head.then(|| {
        let output = promised.as_ref().map_or_else(|| width.clone(), |(_, size)| size.clone());
        let w_o = matrix(cx, call, "w_o", &joined, |_| output);
        check_heads_joined(cx, title, &w_o, &joined, flow);
        w_o
    });
    let outputs = w_o.as_ref().map_or_else(|| joined.clone(), |w_o| w_o.columns.clone());
    let giver = if w_o.is_some() { "w_o" } else { "w_v" };
    let outputs = check_promise(cx, title, promised, (giver, outputs), flow);

    let mask = mask(cx, title, call, &keys, flow);
    let rope = rope(cx, title, call, &head_dim, flow);
    let dropout = dropout(cx, call);
    let bias = cx.bool_option(call, "bias", multi_head);
    let qk_norm = cx.bool_option(call, "qk_norm", false);
    let lora = adapted::lora(cx, title, call, w_o.is_some());

    flow.set_features(outputs.clone(), title);
    let op =
        Checked { width, outputs, heads, kv_heads, head_dim, w_q, w_k, w_v, w_o, mask, rope, dropout, lora };
    op.expand(cx, title, call, context.map(|(name, _)| name), bias, qk_norm)
}

/// What flows in, and the written output size with its dim.
fn sizes(
    cx: &mut Context<'_>,
    title: &str,
    call: &Call,
    features: Axis,
    flow: &Flow,
) -> (Axis, Option<(Dim, Axis)>) {
    let runtime = matches!(&features, Axis::Known { size, .. } if size.runtime_axis().is_some());
    let features = match &features {
        Axis::Known { size, .. } if let Some(axis) = size.runtime_axis() => {
            cx.errors.at(&call.keyword, explain::runtime_features(title, &axis, flow));
            Axis::Lost
        }
        _ => features,
    };
    match call.sizes.as_slice() {
        _ if runtime => (features, None),
        [Argument::One(output)] => (features, Some((output.clone(), cx.written_axis(output)))),
        [Argument::Both(input, output)] => {
            let width = cx.written_axis(input);
            if let Axis::Known { size, .. } = &width {
                cx.compare_features(title, input, size, flow, call);
            }
            (width, Some((output.clone(), cx.written_axis(output))))
        }
        [] => (features, None),
        _ if call.is_unreadable() => (features, None),
        [.., last] => {
            cx.errors.at_span(last.span(), explain::too_many_sizes(&call.keyword));
            (features, None)
        }
    }
}

fn context_text(context: Option<&str>) -> String {
    match context {
        Some(name) => format!("`{name}` has"),
        None => String::new(),
    }
}
