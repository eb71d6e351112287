//! The rules of a whole declaration, in order.

use std::collections::BTreeSet;

use quote::quote;
use syn::ext::IdentExt;

use super::body::Names;
use super::context::Side;
use super::flow::{Axis, By, Flow, Prefix};
use super::witness::Witness;
use super::{Checked, Context, DeclaredAxis, Width, budget};
use crate::dim::{Comparison, Dim, Relation, Scope, Symbol, Verdict};
use crate::errors::Errors;
use crate::explain;
use crate::syntax::{AxesDecl, Declaration, SideDecl};

/// The most axes that a network can declare; dfdx's tensors have at most six, three of them leading ones.
const MOST_AXES: usize = 3;

/// Checks a declaration.
pub(crate) fn check(declaration: &Declaration, errors: &mut Errors) -> Checked {
    let mut cx = Context {
        network: declaration.name.to_string(),
        scope: Scope::new(declaration.parameters.iter().map(ToString::to_string)),
        errors,
        witnesses: Vec::new(),
        sizes: BTreeSet::new(),
        unsayable: Vec::new(),
        generic: !declaration.parameters.is_empty(),
        place: Vec::new(),
        sides: Vec::new(),
        tables: Vec::new(),
    };
    let relations = check_relations(&mut cx, declaration);
    let input = check_axes(&mut cx, &declaration.input.main);
    let sides = declaration.input.sides.iter().map(|side| check_side(&mut cx, side)).collect();
    let output = check_axes(&mut cx, &declaration.output);
    let budgets = budget::check(&mut cx, declaration);
    let mut flow = entry(&cx, &declaration.input.main);
    let items = cx.check_body(&declaration.body, &mut flow, &mut Names::default());
    check_promise(&mut cx, declaration, &flow);
    Checked { items, input, sides, output, budgets, relations, witnesses: cx.witnesses }
}

/// `where` relations: taken up by the scope, and carried to where an instance can check them.
fn check_relations(cx: &mut Context<'_>, declaration: &Declaration) -> Vec<proc_macro2::TokenStream> {
    for error in cx.scope.relate_all(&declaration.relations) {
        cx.errors.at_span(error.span, explain::relation_error(&error.kind));
    }
    let provable: Vec<&Relation> =
        declaration.relations.iter().filter(|relation| without_axes(cx, relation)).collect();
    if cx.generic {
        return provable.into_iter().map(|relation| relation_tokens(relation, "")).collect();
    }
    for written in provable {
        let relation = relation_tokens(written, "checked_");
        cx.witnesses.push(Witness::Relation { relation, span: written.left.span() });
    }
    Vec::new()
}

/// Whether a relation is between sizes that the compiler knows; a runtime axis in it is reported.
fn without_axes(cx: &mut Context<'_>, relation: &Relation) -> bool {
    let by = if let Comparison::Divides { by } = &relation.how { Some(by) } else { None };
    let names =
        relation.left.names().chain(by.into_iter().flat_map(Dim::names)).chain(relation.right.names());
    for name in names {
        if let Ok(Symbol::Axis(axis)) = cx.scope.symbol(name) {
            cx.errors.at(name, explain::runtime_axis_in_relation(&axis));
            return false;
        }
    }
    true
}

/// A relation as the plan has it, with both sides to be worked out by rustc through the functions `calls`.
fn relation_tokens(relation: &Relation, calls: &str) -> proc_macro2::TokenStream {
    let text = relation.to_string();
    let comparison = match &relation.how {
        Comparison::Equal | Comparison::Divides { .. } => quote!(Equal),
        Comparison::Less => quote!(Less),
        Comparison::LessOrEqual => quote!(LessOrEqual),
        Comparison::Greater => quote!(Greater),
        Comparison::GreaterOrEqual => quote!(GreaterOrEqual),
    };
    let left_tokens = relation.left.calls(calls);
    let (left, left_text) = match &relation.how {
        Comparison::Divides { by } => {
            let by_tokens = by.calls(calls);
            (
                quote!(::tensor_core::__private::rest(#left_tokens, #by_tokens)),
                format!("{} % {by}", relation.left),
            )
        }
        _ => (left_tokens, relation.left.to_string()),
    };
    let (right, right_text) = match &relation.how {
        Comparison::Divides { .. } => (quote!(0), "0".to_owned()),
        _ => (relation.right.calls(calls), relation.right.to_string()),
    };
    quote! {
        ::tensor_core::__private::Relation {
            text: #text,
            left_text: #left_text,
            left: #left,
            comparison: ::tensor_core::__private::Comparison::#comparison,
            right_text: #right_text,
            right: #right,
        }
    }
}

fn check_axes(cx: &mut Context<'_>, axes: &AxesDecl) -> Vec<DeclaredAxis> {
    if axes.dims.len() > MOST_AXES {
        cx.errors.at_span(axes.dims[MOST_AXES].span(), explain::too_many_axes(axes.dims.len(), MOST_AXES));
    }
    axes.dims.iter().take(MOST_AXES).map(|dim| check_axis(cx, dim)).collect()
}

/// A side input: its axes, which items find by its name.
fn check_side(cx: &mut Context<'_>, side: &SideDecl) -> Vec<DeclaredAxis> {
    let axes = check_axes(cx, &side.axes);
    let flow = entry(cx, &side.axes);
    cx.sides.push(Side { name: side.name.unraw().to_string(), flow });
    axes
}

fn check_axis(cx: &mut Context<'_>, dim: &Dim) -> DeclaredAxis {
    let Some(size) = cx.size(dim) else { return DeclaredAxis::Static(Width::dummy()) };
    if size.runtime_axis().is_none() {
        return DeclaredAxis::Static(cx.static_width(dim, &size));
    }
    match dim.name_plus() {
        Some((name, plus)) => DeclaredAxis::Runtime { name, plus },
        None => {
            cx.errors.at(&dim.tokens(), explain::runtime_axis_form(dim));
            DeclaredAxis::Static(Width::dummy())
        }
    }
}

fn entry(cx: &Context<'_>, axes: &AxesDecl) -> Flow {
    let known = axes.dims.iter().map(|dim| match cx.scope.size(dim) {
        Ok(size) => Axis::Known { dim: dim.clone(), size },
        Err(_) => Axis::Lost,
    });
    let (ids, axes) = (axes.ids, known.collect());
    let mut flow =
        Flow { ids, prefix: Prefix::Nothing, axes, giver: None, by: By::Choice, chain: String::new() };
    flow.chain = format!("{}: {flow}", cx.network);
    flow
}

/// The last item gives what the signature promises.
fn check_promise(cx: &mut Context<'_>, declaration: &Declaration, flow: &Flow) {
    if declaration.output.ids {
        return; // reported
    }
    let promise = entry(cx, &declaration.output);
    let blame = blamed_axis(cx, &declaration.output, &promise, flow);
    match cx.same_axes(&promise, flow) {
        Verdict::Equal => {}
        Verdict::Different => cx.errors.at(&blame.tokens(), explain::promise(declaration, &promise, flow)),
        Verdict::Unproved => {
            cx.errors.at(&blame.tokens(), explain::promise_unproved(declaration, &promise, flow));
        }
        Verdict::RustcKnows if !cx.generic => {
            cx.witnesses.push(Witness::Output { span: blame.span() });
        }
        Verdict::RustcKnows => {}
    }
}

/// The promised axis that disagrees, or the last one.
fn blamed_axis<'d>(cx: &Context<'_>, output: &'d AxesDecl, promise: &Flow, flow: &Flow) -> &'d Dim {
    let pairs = promise.axes.iter().zip(&output.dims).rev().zip(flow.axes.iter().rev());
    for ((promised, dim), given) in pairs {
        if let (Axis::Known { size: promised, .. }, Axis::Known { size: given, .. }) = (promised, given)
            && !matches!(cx.scope.compare(promised, given), Verdict::Equal)
        {
            return dim;
        }
    }
    &output.dims[output.dims.len() - 1]
}
