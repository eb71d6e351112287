//! What flows from item to item does not fit.

use syn::Ident;

use super::{features_or_axes, gives, let_give, let_giver, number, unequal, which_is};
use crate::check::{Axis, Flow};
use crate::dim::{Dim, Size};
use crate::syntax::{Call, Declaration};

pub(crate) fn features(title: &str, takes: &Dim, size: &Size, flow: &Flow, call: &Call) -> String {
    let given = flow.features();
    let mut help = format!("write `{}`", call.with_input(&given.to_string()));
    if let Some(other) = let_giver(flow, &number(takes, size)) {
        help += &format!(", or {other}");
    }
    let known = match &given {
        Axis::Known { dim, size } => which_is(dim, size),
        _ => String::new(),
    };
    format!(
        "`{title}` takes {} features, but {} {given}{known}\n{}\nhelp: {help}",
        number(takes, size),
        gives(flow),
        flow.chain_to(title)
    )
}

pub(crate) fn features_unproved(title: &str, takes: &Dim, given: &Dim, flow: &Flow, call: &Call) -> String {
    format!(
        "`{title}` takes {takes} features, but {} {given}, and nothing says that these are equal\n{}\n\
         help: write `{}`, or add `where {takes} == {given}`",
        gives(flow),
        flow.chain_to(title),
        call.with_input(&given.to_string())
    )
}

pub(crate) fn promise(declaration: &Declaration, promise: &Flow, flow: &Flow) -> String {
    let name = &declaration.name;
    let (promised, given) = features_or_axes(promise, flow);
    let mut help = Vec::new();
    if flow.is_known() {
        help.push(format!("write `{} -> {flow}`", declaration.input));
    }
    help.extend(let_give(flow, promise));
    format!(
        "`{name}` promises {promised}, but {} {given}\n{}\nhelp: {}",
        gives(flow),
        flow.chain,
        help.join(", or ")
    )
}

pub(crate) fn promise_unproved(declaration: &Declaration, promise: &Flow, flow: &Flow) -> String {
    let relations = unequal(promise, flow);
    format!(
        "`{}` promises {promise}, but {} {flow}, and nothing says that these are equal\n{}\n\
         help: add `where {relations}`",
        declaration.name,
        gives(flow),
        flow.chain
    )
}

pub(crate) fn residual(title: &str, flow: &Flow, inner: &Flow) -> String {
    let (takes, given) = features_or_axes(flow, inner);
    let help = let_give(inner, flow).unwrap_or_else(|| format!("let the last item in it give {flow}"));
    format!(
        "`{title}` adds what it gives to what it takes, {takes}, but {} {given}\n{}\nhelp: {help}",
        gives(inner),
        inner.chain,
    )
}

pub(crate) fn residual_unproved(title: &str, flow: &Flow, inner: &Flow) -> String {
    format!(
        "`{title}` adds what it gives to what it takes, {flow}, but {} {inner}, and nothing says that these are \
         equal\n{}\nhelp: add `where {}`",
        gives(inner),
        inner.chain,
        unequal(flow, inner)
    )
}

pub(crate) fn branches(join: &Ident, first: &Ident, first_flow: &Flow, name: &Ident, flow: &Flow) -> String {
    let (given, others) = features_or_axes(flow, first_flow);
    let needs = if join == "concat" {
        "needs branches with the same axes but for the features"
    } else {
        "needs branches with the same axes"
    };
    let help = if flow.axes.len() == first_flow.axes.len() { let_give(flow, first_flow) } else { None };
    let help = help.unwrap_or_else(|| format!("let the last item of `{name}` give {first_flow}"));
    format!(
        "`{name}` gives {given}, but `{first}` gives {others}: `fork({join})` {needs}\n{}\n\
         help: {help}",
        flow.chain,
    )
}

pub(crate) fn branches_unproved(first: &Ident, first_flow: &Flow, name: &Ident, flow: &Flow) -> String {
    format!(
        "`{name}` gives {flow}, but `{first}` gives {first_flow}, and nothing says that these are equal\n{}\n\
         help: add `where {}`",
        flow.chain,
        unequal(flow, first_flow)
    )
}

pub(crate) fn runtime_axis(title: &str, axis: &str, flow: &Flow) -> String {
    format!(
        "`{title}` needs sizes that the compiler knows, but `{axis}` in {flow} is known only at run time\n{}\n\
         help: give `{axis}` a size in the signature",
        flow.chain_to(title)
    )
}

pub(crate) fn stacked_linear(first: &str, second: &str, input: &str, output: &str) -> String {
    let one = match (input, output) {
        ("_", _) | (_, "_") => "one matrix".to_owned(), // only rustc knows a size
        _ => format!("one [{output}, {input}] matrix, `linear({input} -> {output})`,"),
    };
    format!(
        "`{first}` and `{second}` are two matrices in a row with nothing nonlinear between them: {one} does the \
         same; put an activation such as `relu` between them, or allow this with `#[allow(deprecated)]` on `{second}`"
    )
}
