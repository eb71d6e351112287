//! `positional(N)`, `class_token`, `pool(mean)`: ops on `[n, D]`

use proc_macro2::{Ident, Span};
use quote::quote;

use super::Rule;
use crate::check::{Axis, By, CheckedOp, Context, Flow, Width, find};
use crate::dim::{Dim, Verdict};
use crate::explain;
use crate::syntax::{Argument, Call};

pub(super) const RULES: [Rule; 3] = [
    Rule {
        keyword: "positional",
        form: "positional(512)",
        options: &["kind", "width"],
        has_weights: true,
        check: positional,
    },
    Rule { keyword: "class_token", form: "class_token", options: &[], has_weights: true, check: class_token },
    Rule { keyword: "pool", form: "pool(mean)", options: &[], has_weights: false, check: pool },
];

fn positional(cx: &mut Context<'_>, title: &str, call: &Call, flow: &mut Flow) -> CheckedOp {
    let [positions, width] = cx.last_axes(title, call, "[n, D]", flow);
    let most = match call.sizes.as_slice() {
        [Argument::One(dim)] => {
            let most = cx.written_axis(dim);
            check_length(cx, title, dim, (&positions, &most), flow);
            most
        }
        _ if call.is_unreadable() => Axis::Lost,
        _ => {
            cx.errors.at(&call.keyword, explain::positions_needed());
            Axis::Lost
        }
    };
    let learned = match find(call, "kind").map(|choice| (choice, choice.value.as_word())) {
        None => true,
        Some((choice, word)) => match word.as_deref() {
            Some("learned") => true,
            Some("sinusoidal") => {
                let odd = || explain::odd_sinusoidal(title, &width, flow);
                cx.must_be_even(title, &width, choice.value.span(), flow, odd);
                false
            }
            _ => {
                let message =
                    explain::unknown_word("kind", &choice.value.to_string(), &["learned", "sinusoidal"]);
                cx.errors.at_span(choice.value.span(), message);
                false
            }
        },
    };
    let span = call.keyword.span();
    let n = cx.axis_width(&most, title, span);
    let d = match find(call, "width").map(|choice| (choice, choice.value.as_dim())) {
        None => cx.inferred_width(flow, title, call),
        Some((_, Some(dim))) => cx.compared_width(title, dim, call, flow),
        Some((choice, None)) => {
            cx.errors.at_span(choice.value.span(), explain::option_not_size(&choice.name));
            Width::dummy()
        }
    };
    let kind = Ident::new(if learned { "Learned" } else { "Sinusoidal" }, Span::call_site());
    let text = format!("positional({}{})", n.text, if learned { "" } else { ", kind: sinusoidal" });
    let (most, width) = (&n.in_plan, &d.in_plan);
    let plan = quote!(Positional(::tensor_core::__private::PositionalOp {
        most: #most, width: #width, kind: ::tensor_core::__private::Positions::#kind
    }));
    let op = CheckedOp::new(call, text, plan);
    let (n, d) = (&n.in_type, &d.in_type);
    if learned { op.with_weights(quote!(Positional<#n, #d,)) } else { op }
}

/// A sequence of known length must fit; one of run-time length is checked when it comes.
fn check_length(
    cx: &mut Context<'_>,
    title: &str,
    dim: &Dim,
    (positions, most): (&Axis, &Axis),
    flow: &Flow,
) {
    match (positions, most) {
        (Axis::Known { size, .. }, _) if size.runtime_axis().is_some() => {}
        (Axis::Known { size: given, .. }, Axis::Known { size: most, .. }) => {
            match cx.scope.at_most(given, most) {
                Verdict::Equal => {}
                Verdict::RustcKnows => cx.leave_to_rustc(dim.span()),
                Verdict::Different => {
                    cx.errors.at(&dim.tokens(), explain::too_few_positions(title, dim, positions, flow));
                }
                Verdict::Unproved => {
                    cx.errors.at(&dim.tokens(), explain::positions_unproved(title, dim, positions, flow));
                }
            }
        }
        (Axis::Lost, _) | (_, Axis::Lost) => {}
        _ => cx.leave_to_rustc(dim.span()),
    }
}

fn class_token(cx: &mut Context<'_>, title: &str, call: &Call, flow: &mut Flow) -> CheckedOp {
    let span = call.keyword.span();
    let [positions, _] = cx.last_axes(title, call, "[n, D]", flow);
    let width = cx.passing_width(title, call, flow);
    if let Some(place) = flow.axes.len().checked_sub(2) {
        let one = cx.written_axis(&Dim::integer(1, span));
        flow.axes[place] = cx.sum(positions, one);
    }
    // Only the sequence is another one, but what comes after must know it.
    let axes = std::mem::take(&mut flow.axes);
    flow.replace(if axes.len() > 1 { axes } else { Vec::new() }, title, By::Passing);
    let (in_type, in_plan) = (&width.in_type, &width.in_plan);
    let plan = quote!(ClassToken(::tensor_core::__private::ClassTokenOp { width: #in_plan }));
    CheckedOp::new(call, "class_token", plan).with_weights(quote!(ClassToken<#in_type,))
}

fn pool(cx: &mut Context<'_>, title: &str, call: &Call, flow: &mut Flow) -> CheckedOp {
    const KINDS: [&str; 4] = ["mean", "max", "first", "last"];
    let word = match call.sizes.as_slice() {
        [Argument::One(dim)] => {
            let word = dim.to_string();
            if !KINDS.contains(&word.as_str()) {
                cx.errors.at(&dim.tokens(), explain::unknown_word("pool", &word, &KINDS));
            }
            word
        }
        _ if call.is_unreadable() => String::new(),
        _ => {
            cx.errors.at(&call.keyword, explain::pool_needs_a_word());
            String::new()
        }
    };
    let kind = KINDS.into_iter().find(|kind| *kind == word).unwrap_or("mean");
    let [positions, features] = cx.last_axes(title, call, "[n, D]", flow);
    let masked = cx.check_mask(title, &positions, call.keyword.span(), flow);
    let mut axes = std::mem::take(&mut flow.axes);
    match axes.len() {
        // After another network nothing is known before the features.
        0 | 1 => axes.clear(),
        len => {
            axes.truncate(len - 2);
            axes.push(features);
        }
    }
    flow.replace(axes, title, By::Passing);
    let kind_name = Ident::new(&format!("{}{}", kind[..1].to_uppercase(), &kind[1..]), Span::call_site());
    let plan = quote!(Pool(::tensor_core::__private::PoolOp {
        kind: ::tensor_core::__private::Pool::#kind_name, masked: #masked
    }));
    CheckedOp::new(call, format!("pool({kind})"), plan)
}
