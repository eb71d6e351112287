//! The options beside the matrices.

use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::check::{Axis, Context, Flow, find};
use crate::dim::{Dim, Verdict};
use crate::explain;
use crate::syntax::{Call, Value};

/// The side input that keys and values come from, with its axes.
pub(super) fn context(cx: &mut Context<'_>, title: &str, call: &Call) -> Option<(String, [Axis; 2])> {
    let choice = find(call, "context")?;
    let name = match &choice.value {
        // In `attention!` this declared the side input.
        Value::Axes(..) if cx.side("context").is_some() => "context".to_owned(),
        Value::Axes(axes, span) => {
            cx.errors.at_span(*span, explain::context_in_a_chain(axes));
            return None;
        }
        value => value.as_word().unwrap_or_else(|| value.to_string()),
    };
    let span = choice.value.span();
    let Some(side) = cx.side(&name).cloned() else {
        let names = cx.side_names();
        cx.errors.at_span(span, explain::side_unknown(&name, &names));
        return None;
    };
    let axes = &side.flow.axes;
    if side.flow.ids || axes.len() < 2 {
        cx.errors.at_span(span, explain::context_axes(title, &name, &side.flow));
        return Some((name, [Axis::Lost, Axis::Lost]));
    }
    let [keys, width] = [axes[axes.len() - 2].clone(), axes[axes.len() - 1].clone()];
    match &width {
        Axis::Known { size, .. } if size.runtime_axis().is_some() => {
            cx.errors.at_span(span, explain::context_axes(title, &name, &side.flow));
            Some((name, [keys, Axis::Lost]))
        }
        _ => Some((name, [keys, width])),
    }
}

pub(super) fn heads(cx: &mut Context<'_>, call: &Call) -> Axis {
    cx.axis_option(call, "heads").unwrap_or_else(|| {
        let one = Dim::integer(1, call.keyword.span());
        cx.written_axis(&one)
    })
}

pub(super) fn kv_heads(cx: &mut Context<'_>, title: &str, call: &Call, heads: &Axis) -> Axis {
    let Some(kv_heads) = cx.axis_option(call, "kv_heads") else { return heads.clone() };
    let span = option_span(call, "kv_heads");
    match cx.divides(&kv_heads, heads) {
        Verdict::Equal => {}
        Verdict::RustcKnows => cx.leave_to_rustc(span),
        Verdict::Different => {
            cx.errors.at_span(span, explain::kv_heads(title, heads, &kv_heads));
            return Axis::Lost;
        }
        Verdict::Unproved => {
            cx.errors.at_span(span, explain::kv_heads_unproved(title, heads, &kv_heads));
            return Axis::Lost;
        }
    }
    kv_heads
}

pub(super) fn option_span(call: &Call, name: &str) -> Span {
    find(call, name).map_or(call.keyword.span(), |choice| choice.value.span())
}

/// The mask as the plan has it.
pub(super) fn mask(
    cx: &mut Context<'_>,
    title: &str,
    call: &Call,
    keys: &Axis,
    flow: &Flow,
) -> (TokenStream, String) {
    const WORDS: [&str; 4] = ["none", "causal", "padding", "window(128)"];
    let none = (quote!(None), String::new());
    let Some(choice) = find(call, "mask") else { return none };
    let span = choice.value.span();
    match &choice.value {
        Value::Call(word, dims) if word == "window" && dims.len() == 1 => {
            let size = cx.written_axis(&dims[0]);
            let width = cx.axis_width(&size, title, span);
            let size = width.in_plan;
            (quote!(Window(#size)), format!("window({})", width.text))
        }
        value => match value.as_word().as_deref() {
            Some("none") => none,
            Some("causal") => (quote!(Causal), "causal".to_owned()),
            Some("padding") => {
                if cx.check_mask(title, keys, span, flow) {
                    (quote!(Padding), "padding".to_owned())
                } else {
                    let names = cx.side_names();
                    cx.errors.at_span(span, explain::padding_without_mask(title, keys, &names));
                    none
                }
            }
            _ => {
                cx.errors.at_span(span, explain::unknown_word("mask", &value.to_string(), &WORDS));
                none
            }
        },
    }
}

/// The base of the rotary positions' frequencies.
pub(super) fn rope(
    cx: &mut Context<'_>,
    title: &str,
    call: &Call,
    head_dim: &Axis,
    flow: &Flow,
) -> Option<f64> {
    let choice = find(call, "rope")?;
    let span = choice.value.span();
    cx.must_be_even(title, head_dim, span, flow, || explain::odd_head_dim(title, head_dim, flow));
    match choice.value.as_number() {
        Some(base) if base > 0.0 && base.is_finite() => Some(base),
        _ => {
            cx.errors.at_span(span, explain::rope_base());
            Some(10_000.0)
        }
    }
}

pub(super) fn dropout(cx: &mut Context<'_>, call: &Call) -> f64 {
    let Some(choice) = find(call, "dropout") else { return 0.0 };
    match choice.value.as_number() {
        Some(probability) if (0.0..1.0).contains(&probability) => probability,
        _ => {
            cx.errors.at_span(choice.value.span(), explain::attention_dropout());
            0.0
        }
    }
}
