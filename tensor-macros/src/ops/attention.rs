//! `attention(heads: H, …)`, and the body of `attention!`

use proc_macro2::{Span, TokenStream};
use quote::quote;

use super::Rule;
use crate::check::{Axis, CheckedOp, Context, Flow, Weights, find};
use crate::dim::{Dim, Verdict};
use crate::explain;
use crate::syntax::{Argument, Call, Choice, Value};

pub(super) const RULE: Rule = Rule {
    keyword: "attention",
    form: "attention(heads: 8)",
    options: &[
        "heads", "kv_heads", "mask", "context", "rope", "dropout", "bias", "qk_norm", "w_q", "w_k", "w_v",
        "w_o",
    ],
    has_weights: true,
    check,
};

/// A projection: its sizes, and the token to blame for each.
struct Matrix {
    name: &'static str,
    rows: Axis,
    columns: Axis,
    /// The written sizes.
    written: Option<[Dim; 2]>,
}

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

    flow.set_features(outputs.clone(), title);
    let op = Checked { width, outputs, heads, kv_heads, head_dim, w_q, w_k, w_v, w_o, mask, rope, dropout };
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

/// The side input that keys and values come from, with its axes.
fn context(cx: &mut Context<'_>, title: &str, call: &Call) -> Option<(String, [Axis; 2])> {
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

fn heads(cx: &mut Context<'_>, call: &Call) -> Axis {
    size_option(cx, call, "heads").unwrap_or_else(|| {
        let one = Dim::integer(1, call.keyword.span());
        cx.written_axis(&one)
    })
}

fn kv_heads(cx: &mut Context<'_>, title: &str, call: &Call, heads: &Axis) -> Axis {
    let Some(kv_heads) = size_option(cx, call, "kv_heads") else { return heads.clone() };
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

fn size_option(cx: &mut Context<'_>, call: &Call, name: &str) -> Option<Axis> {
    let choice = find(call, name)?;
    Some(match choice.value.as_dim() {
        Some(dim) => cx.written_axis(dim),
        None => {
            cx.errors.at_span(choice.value.span(), explain::option_not_size(&choice.name));
            Axis::Lost
        }
    })
}

fn option_span(call: &Call, name: &str) -> Span {
    find(call, name).map_or(call.keyword.span(), |choice| choice.value.span())
}

/// A matrix as written, `w_q: [8, 4]`, or with the sizes that it has by default.
fn matrix(
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

fn context_text(context: Option<&str>) -> String {
    match context {
        Some(name) => format!("`{name}` has"),
        None => String::new(),
    }
}

/// The rows of a matrix are the features that it multiplies.
fn check_rows(cx: &mut Context<'_>, title: &str, matrix: &Matrix, takes: &Axis, from: String, flow: &Flow) {
    let Some([rows, _]) = &matrix.written else { return };
    match cx.equal(&matrix.rows, takes) {
        Verdict::Equal => {}
        Verdict::RustcKnows => cx.leave_to_rustc(rows.span()),
        Verdict::Different | Verdict::Unproved => {
            let message = explain::matrix_rows(title, matrix.name, (&matrix.rows, takes), &from, flow);
            cx.errors.at(&rows.tokens(), message);
        }
    }
}

/// head_dim: what each head has of the queries.
fn split(cx: &mut Context<'_>, title: &str, call: &Call, columns: &Axis, heads: &Axis, flow: &Flow) -> Axis {
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
fn check_scores(
    cx: &mut Context<'_>,
    title: &str,
    (w_q, w_k): (&Matrix, &Matrix),
    (heads, kv_heads, head_dim): (&Axis, &Axis, &Axis),
    flow: &Flow,
) {
    let Some([_, columns]) = &w_k.written else { return };
    let wanted = cx.product(kv_heads.clone(), head_dim.clone());
    match cx.equal(&w_k.columns, &wanted) {
        Verdict::Equal => {}
        Verdict::RustcKnows => cx.leave_to_rustc(columns.span()),
        Verdict::Different | Verdict::Unproved => {
            let message =
                explain::scores(title, (&w_q.columns, heads), (&w_k.columns, kv_heads, &wanted), flow);
            cx.errors.at(&columns.tokens(), message);
        }
    }
}

/// What each kv head has of the values.
fn split_values(cx: &mut Context<'_>, title: &str, w_v: &Matrix, kv_heads: &Axis, flow: &Flow) -> Axis {
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

fn check_heads_joined(cx: &mut Context<'_>, title: &str, w_o: &Matrix, joined: &Axis, flow: &Flow) {
    let Some([rows, _]) = &w_o.written else { return };
    match cx.equal(&w_o.rows, joined) {
        Verdict::Equal => {}
        Verdict::RustcKnows => cx.leave_to_rustc(rows.span()),
        Verdict::Different | Verdict::Unproved => {
            cx.errors.at(&rows.tokens(), explain::heads_joined(title, &w_o.rows, joined, flow));
        }
    }
}

/// The written output size against what the last matrix gives; goes on with the former.
fn check_promise(
    cx: &mut Context<'_>,
    title: &str,
    promised: Option<(Dim, Axis)>,
    (giver, outputs): (&str, Axis),
    flow: &Flow,
) -> Axis {
    let Some((dim, size)) = promised else { return outputs };
    match cx.equal(&size, &outputs) {
        Verdict::Equal => {}
        Verdict::RustcKnows => cx.leave_to_rustc(dim.span()),
        Verdict::Different | Verdict::Unproved => {
            // In `attention!` the promise is the signature's.
            let who = if title == RULE.keyword { cx.network.clone() } else { title.to_owned() };
            let message = explain::attention_output((&who, title), (&size, &outputs), giver, flow);
            cx.errors.at(&dim.tokens(), message);
        }
    }
    size
}

/// The mask as the plan has it.
fn mask(cx: &mut Context<'_>, title: &str, call: &Call, keys: &Axis, flow: &Flow) -> (TokenStream, String) {
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
fn rope(cx: &mut Context<'_>, title: &str, call: &Call, head_dim: &Axis, flow: &Flow) -> Option<f64> {
    let choice = find(call, "rope")?;
    let span = choice.value.span();
    let two = cx.written_axis(&Dim::integer(2, span));
    match cx.divides(&two, head_dim) {
        Verdict::Equal => {}
        Verdict::RustcKnows => cx.leave_to_rustc(span),
        Verdict::Different => cx.errors.at_span(span, explain::odd_head_dim(title, head_dim, flow)),
        Verdict::Unproved => {
            cx.errors.at_span(span, explain::oddness_unproved(title, &head_dim.to_string(), flow));
        }
    }
    match choice.value.as_number() {
        Some(base) if base > 0.0 && base.is_finite() => Some(base),
        _ => {
            cx.errors.at_span(span, explain::rope_base());
            Some(10_000.0)
        }
    }
}

fn dropout(cx: &mut Context<'_>, call: &Call) -> f64 {
    let Some(choice) = find(call, "dropout") else { return 0.0 };
    match choice.value.as_number() {
        Some(probability) if (0.0..1.0).contains(&probability) => probability,
        _ => {
            cx.errors.at_span(choice.value.span(), explain::attention_dropout());
            0.0
        }
    }
}

/// An attention whose mistakes are reported.
struct Checked {
    width: Axis,
    outputs: Axis,
    heads: Axis,
    kv_heads: Axis,
    head_dim: Axis,
    w_q: Matrix,
    w_k: Matrix,
    w_v: Matrix,
    w_o: Option<Matrix>,
    mask: (TokenStream, String),
    rope: Option<f64>,
    dropout: f64,
}

impl Checked {
    fn expand(
        self,
        cx: &mut Context<'_>,
        title: &str,
        call: &Call,
        context: Option<String>,
        bias: bool,
        qk_norm: bool,
    ) -> CheckedOp {
        let span = call.keyword.span();
        let in_plan = |axis: &Axis| axis.tokens().unwrap_or_else(|| quote!(1));
        let (width, outputs) = (in_plan(&self.width), in_plan(&self.outputs));
        let (heads, kv_heads) = (in_plan(&self.heads), in_plan(&self.kv_heads));
        let pair = |matrix: &Matrix| {
            let (rows, columns) = (in_plan(&matrix.rows), in_plan(&matrix.columns));
            quote!([#rows, #columns])
        };
        let (w_q, w_k, w_v) = (pair(&self.w_q), pair(&self.w_k), pair(&self.w_v));
        let w_o = option(self.w_o.as_ref().map(pair));
        let (context, rope) = (option(context), option(self.rope));
        let (mask, dropout) = (&self.mask.0, self.dropout);
        let plan = quote!(Attention(::tensor_core::__private::AttentionOp {
            width: #width, outputs: #outputs, heads: #heads, kv_heads: #kv_heads,
            w_q: #w_q, w_k: #w_k, w_v: #w_v, w_o: #w_o,
            mask: ::tensor_core::__private::Mask::#mask, context: #context, rope: #rope,
            dropout: #dropout, bias: #bias, qk_norm: #qk_norm
        }));
        let text = self.text(call);
        let mut failed = Vec::new();
        let mut linear = |cx: &mut Context<'_>, matrix: &Matrix| {
            let rows = once(cx, &mut failed, title, &matrix.rows, span);
            let columns = once(cx, &mut failed, title, &matrix.columns, span);
            if bias { quote!(Linear<#rows, #columns,) } else { quote!(LinearNoBias<#rows, #columns,) }
        };
        let mut fields = vec![
            ("w_q", Some(linear(cx, &self.w_q))),
            ("w_k", Some(linear(cx, &self.w_k))),
            ("w_v", Some(linear(cx, &self.w_v))),
            ("w_o", self.w_o.as_ref().map(|w_o| linear(cx, w_o))),
        ];
        let norm = qk_norm.then(|| {
            let head_dim = once(cx, &mut failed, title, &self.head_dim, span);
            quote!(RmsNorm<#head_dim,)
        });
        fields.extend([("q_norm", norm.clone()), ("k_norm", norm)]);
        CheckedOp { weights: Weights::Attention(fields), ..CheckedOp::new(call, text, plan) }
    }

    /// `attention(512 -> 512, heads: 8, mask: causal)`
    fn text(&self, call: &Call) -> String {
        let mut text = format!("attention({} -> {}", self.width, self.outputs);
        for name in ["heads", "kv_heads"] {
            if let Some(choice) = find(call, name) {
                text += &format!(", {name}: {}", choice.value);
            }
        }
        if !self.mask.1.is_empty() {
            text += &format!(", mask: {}", self.mask.1);
        }
        if let Some(base) = self.rope {
            text += &format!(", rope: {base}");
        }
        text + ")"
    }
}

/// A size in a type; one that no type can say is reported once, however often it occurs.
fn once(cx: &mut Context<'_>, failed: &mut Vec<String>, title: &str, axis: &Axis, span: Span) -> TokenStream {
    let text = axis.to_string();
    if failed.contains(&text) {
        return quote!(1);
    }
    let width = cx.axis_width(axis, title, span);
    if width.text == "_" && !matches!(axis, Axis::Rustc(_)) {
        failed.push(text);
    }
    width.in_type
}

fn option(value: Option<impl quote::ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
