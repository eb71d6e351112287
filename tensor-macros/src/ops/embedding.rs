//! `embedding(V -> D)` and `unembed(V, tie: name)`

use proc_macro2::Span;
use quote::quote;

use super::Rule;
use crate::check::{Axis, By, CheckedOp, Context, Flow, Prefix, find};
use crate::dim::Verdict;
use crate::explain;
use crate::syntax::{Argument, Call};

pub(super) const RULES: [Rule; 2] = [
    Rule {
        keyword: "embedding",
        form: "embedding(1000 -> 64)",
        options: &["of", "add"],
        has_weights: true,
        check: embedding,
    },
    Rule {
        keyword: "unembed",
        form: "unembed(1000, tie: tokens)",
        options: &["tie"],
        has_weights: false,
        check: unembed,
    },
];

fn embedding(cx: &mut Context<'_>, title: &str, call: &Call, flow: &mut Flow) -> CheckedOp {
    let (vocabulary, width) = match call.sizes.as_slice() {
        [Argument::Both(vocabulary, width)] => (cx.written_axis(vocabulary), cx.written_axis(width)),
        _ if call.is_unreadable() => (Axis::Lost, Axis::Lost),
        _ => {
            cx.errors.at(&call.keyword, explain::both_sizes_needed(&call.keyword, "how many ids there are"));
            (Axis::Lost, Axis::Lost)
        }
    };
    let of = other_ids(cx, title, call, flow);
    let add = added_ids(cx, title, call, &width, flow);
    if add.is_none() {
        if !flow.ids && !matches!(flow.prefix, Prefix::Lost) && find(call, "add").is_none() {
            cx.errors.at(&call.keyword, explain::ids_needed(title, flow));
            flow.axes.pop();
        }
        let mut axes = std::mem::take(&mut flow.axes);
        axes.push(width.clone());
        flow.replace(axes, title, By::Choice);
    }
    cx.tables.push((title.to_owned(), vocabulary.clone(), width.clone()));
    let span = call.keyword.span();
    let (v, d) = (cx.axis_width(&vocabulary, title, span), cx.axis_width(&width, title, span));
    let option = match (&of, &add) {
        (Some(side), _) => format!(", of: {side}"),
        (_, Some(side)) => format!(", add: {side}"),
        (None, None) => String::new(),
    };
    let text = format!("embedding({} -> {}{option})", v.text, d.text);
    let (in_plan_v, in_plan_d) = (&v.in_plan, &d.in_plan);
    let [of, add] = [of, add].map(|side| match side {
        Some(side) => quote!(::core::option::Option::Some(#side)),
        None => quote!(::core::option::Option::None),
    });
    let plan = quote!(Embedding(::tensor_core::__private::EmbeddingOp {
        vocabulary: #in_plan_v, width: #in_plan_d, of: #of, add: #add
    }));
    let (v, d) = (&v.in_type, &d.in_type);
    CheckedOp::new(call, text, plan).with_weights(quote!(Embedding<#v, #d,))
}

/// The side input of `of: items`, whose ids stand in place of those that flow in.
fn other_ids(cx: &mut Context<'_>, title: &str, call: &Call, flow: &Flow) -> Option<String> {
    let choice = find(call, "of")?;
    let span = choice.value.span();
    if find(call, "add").is_some() {
        cx.errors.at(&choice.name, explain::of_and_add(title));
        return None;
    }
    let name = choice.value.as_word();
    let Some(side) = name.as_ref().and_then(|name| cx.side(name)).cloned() else {
        let names = cx.side_names();
        cx.errors.at_span(span, explain::side_unknown(&choice.value.to_string(), &names));
        return None;
    };
    if !side.flow.ids {
        cx.errors.at_span(span, explain::ids_of(title, &side.name, &side.flow));
        return None;
    }
    if flow.ids && !are_equal(cx, &side.flow, flow, &flow.axes, span) {
        cx.errors.at_span(span, explain::ids_of_other_axes(title, &side.name, &side.flow, flow));
    }
    Some(side.name)
}

/// The side input of `add: kinds`, whose rows are added to what flows in.
fn added_ids(cx: &mut Context<'_>, title: &str, call: &Call, width: &Axis, flow: &Flow) -> Option<String> {
    let choice = find(call, "add")?;
    let span = choice.value.span();
    let name = choice.value.as_word();
    let Some(side) = name.as_ref().and_then(|name| cx.side(name)).cloned() else {
        let names = cx.side_names();
        cx.errors.at_span(span, explain::side_unknown(&choice.value.to_string(), &names));
        return None;
    };
    if flow.ids || !side.flow.ids {
        cx.errors.at_span(span, explain::added_ids(title, &side.name, &side.flow, flow));
    } else if let Some((_, places)) = flow.axes.split_last()
        && !are_equal(cx, &side.flow, flow, places, span)
    {
        cx.errors.at_span(span, explain::added_ids_of_other_axes(title, &side.name, &side.flow, flow));
    } else if let Argument::Both(vocabulary, dim) = &call.sizes.first()? {
        cx.must_be_equal((width, &flow.features()), dim, || {
            explain::added_width(title, vocabulary, (width, &side.name), flow)
        });
    }
    Some(side.name)
}

/// Whether a side input has these axes of what flows, as far as the macro can see; what it can't, is left to rustc.
fn are_equal(cx: &mut Context<'_>, side: &Flow, flow: &Flow, axes: &[Axis], span: Span) -> bool {
    if !matches!(flow.prefix, Prefix::Nothing) {
        return true;
    }
    if side.axes.len() != axes.len() {
        return false;
    }
    let mut equal = true;
    for (of_side, here) in side.axes.iter().zip(axes) {
        match cx.equal(of_side, here) {
            Verdict::Equal => {}
            Verdict::RustcKnows => cx.leave_to_rustc(span),
            Verdict::Different | Verdict::Unproved => equal = false,
        }
    }
    equal
}

fn unembed(cx: &mut Context<'_>, title: &str, call: &Call, flow: &mut Flow) -> CheckedOp {
    let written = match call.sizes.as_slice() {
        [Argument::One(dim)] => Some((dim.clone(), cx.written_axis(dim))),
        _ if call.is_unreadable() => None,
        _ => {
            cx.errors.at(&call.keyword, explain::sizes_missing_of(&call.keyword));
            None
        }
    };
    let tie = tie(cx, call);
    let mut vocabulary = written.as_ref().map_or(Axis::Lost, |(_, size)| size.clone());
    let mut width = Axis::Lost;
    if let Some((name, known_vocabulary, known_width)) = &tie {
        width = known_width.clone();
        if let Some((dim, size)) = &written
            && !cx.must_be_equal((size, known_vocabulary), dim, || {
                explain::tied_vocabulary(title, size, name, known_vocabulary)
            })
        {
            // Which of the two is right, only the signature could tell.
            vocabulary = Axis::Lost;
        }
        let features = flow.features();
        match cx.equal(&features, known_width) {
            Verdict::Equal => {}
            Verdict::RustcKnows => cx.leave_to_rustc(call.keyword.span()),
            Verdict::Different | Verdict::Unproved => {
                cx.errors.at(&call.keyword, explain::tied_width(title, name, known_width, flow));
            }
        }
    }
    flow.set_features(vocabulary.clone(), title);
    let span = call.keyword.span();
    let (v, d) = (cx.axis_width(&vocabulary, title, span), cx.axis_width(&width, title, span));
    let name = tie.map(|(name, ..)| name).unwrap_or_default();
    let text = format!("unembed({}, tie: {name})", v.text);
    let (v, d) = (&v.in_plan, &d.in_plan);
    let plan = quote!(Unembed(::tensor_core::__private::UnembedOp {
        vocabulary: #v, width: #d, tie: #name
    }));
    CheckedOp::new(call, text, plan)
}

/// The embedding that `tie` names: name, vocabulary, width.
fn tie(cx: &mut Context<'_>, call: &Call) -> Option<(String, Axis, Axis)> {
    let Some(choice) = find(call, "tie") else {
        if !call.is_unreadable() {
            cx.errors.at(&call.keyword, explain::tie_needed(&cx.tables));
        }
        return None;
    };
    let word = choice.value.as_word();
    let found = word.as_ref().and_then(|word| cx.tables.iter().find(|(name, ..)| name == word)).cloned();
    if found.is_none() {
        let message = explain::tie_unknown(&choice.value.to_string(), &cx.tables);
        cx.errors.at_span(choice.value.span(), message);
    }
    found
}
