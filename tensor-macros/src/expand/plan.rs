//! The plan: what a declaration says, as constant data.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{GenericArgument, Path, PathArguments};

use crate::check::{Checked, CheckedItem, CheckedKind, DeclaredAxis, Weights};
use crate::syntax::Declaration;

/// The items of a body.
pub(super) fn body(items: &[CheckedItem]) -> TokenStream {
    let items = items.iter().filter_map(item);
    quote!(&[#(#items),*])
}

fn item(item: &CheckedItem) -> Option<TokenStream> {
    let (name, key) = (&item.title, key_tokens(item));
    let node = match &item.kind {
        CheckedKind::Op(op) => {
            let op = &op.plan;
            quote!(Op(::tensor_core::__private::Op::#op))
        }
        CheckedKind::Network { path, count, sides } => {
            let plan = plan_of(path);
            let count = count.as_ref().map_or_else(|| quote!(1), |count| count.in_plan.clone());
            let sides = sides.iter().map(|(inner, here)| quote!((#inner, #here)));
            quote!(Network { plan: #plan, count: #count, sides: &[#(#sides),*] })
        }
        CheckedKind::Residual(items) => {
            let body = body(items);
            quote!(Residual { body: #body })
        }
        CheckedKind::Fork { join, branches } => {
            let join = match join.to_string().as_str() {
                "mul" => quote!(Mul),
                "concat" => quote!(Concat),
                _ => quote!(Add),
            };
            let branches = branches.iter().map(|(name, items)| {
                let body = body(items);
                quote!(::tensor_core::__private::Branch { name: #name, body: #body })
            });
            quote! {
                Fork { join: ::tensor_core::__private::Join::#join, branches: &[#(#branches),*] }
            }
        }
        CheckedKind::Missing => return None,
    };
    Some(quote! {
        ::tensor_core::__private::Item { name: #name, key: #key, node: ::tensor_core::__private::Node::#node }
    })
}

/// What the names of an item's weights in checkpoints begin with.
pub(super) fn key(item: &CheckedItem) -> String {
    let name = item.name.as_ref().map(|name| name.unraw().to_string());
    item.rename.clone().or(name).unwrap_or_default()
}

fn key_tokens(item: &CheckedItem) -> TokenStream {
    let key = key(item);
    let has_weights = match &item.kind {
        CheckedKind::Op(op) => !matches!(op.weights, Weights::None),
        CheckedKind::Network { .. } => true,
        _ => false,
    };
    if key.is_empty() || !has_weights {
        quote!(::tensor_core::__private::Key::None)
    } else if matches!(item.kind, CheckedKind::Network { count: Some(_), .. }) {
        quote!(::tensor_core::__private::Key::Numbered(#key))
    } else {
        quote!(::tensor_core::__private::Key::Name(#key))
    }
}

/// Side inputs.
pub(super) fn sides(declaration: &Declaration, checked: &Checked) -> TokenStream {
    let sides = declaration.input.sides.iter().zip(&checked.sides).map(|(side, declared)| {
        let (name, axes) = (side.name.unraw().to_string(), axes(side.axes.ids, declared));
        quote!(::tensor_core::__private::Side { name: #name, axes: #axes })
    });
    quote!(&[#(#sides),*])
}

/// Declared axes.
pub(super) fn axes(ids: bool, axes: &[DeclaredAxis]) -> TokenStream {
    let axes = axes.iter().map(|axis| match axis {
        DeclaredAxis::Static(width) => {
            let size = &width.in_plan;
            quote!(::tensor_core::__private::Axis::Static(#size))
        }
        DeclaredAxis::Runtime { name, plus } => {
            let plus = proc_macro2::Literal::i64_unsuffixed(*plus);
            quote!(::tensor_core::__private::Axis::Runtime { name: #name, plus: #plus })
        }
    });
    let with_ids = ids.then(|| quote!(.with_ids(true)));
    quote!(::tensor_core::__private::Axes::new(&[#(#axes),*]) #with_ids)
}

/// The plan of another declared network. Plans don't depend on number type and device, so these are given.
pub(crate) fn plan_of(path: &Path) -> TokenStream {
    let span = path.segments.last().map_or_else(Span::call_site, |segment| segment.ident.span());
    let network = with_arguments(path, [quote!(f32), quote!(::tensor_core::__private::Cpu)]);
    quote_spanned!(span=> <#network as ::tensor_core::__private::Network>::PLAN)
}

/// A path with more generic arguments after its own.
pub(super) fn with_arguments(path: &Path, more: [TokenStream; 2]) -> Path {
    let mut path = path.clone();
    let Some(last) = path.segments.last_mut() else { return path };
    // At the path, so that what rustc says of them underlines it and not the whole macro.
    let span = last.ident.span();
    let more = more.into_iter().map(|tokens| {
        let tokens = tokens.into_iter().map(|mut token| {
            token.set_span(span);
            token
        });
        GenericArgument::Type(syn::Type::Verbatim(tokens.collect()))
    });
    match &mut last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.extend(more),
        arguments => {
            let args = more.collect();
            *arguments = PathArguments::AngleBracketed(syn::AngleBracketedGenericArguments {
                colon2_token: None,
                lt_token: syn::Token![<](span),
                args,
                gt_token: syn::Token![>](span),
            });
        }
    }
    path
}

/// A name for a type parameter that no const parameter of the user's has.
/// A name for a parameter of the expansion's own; it would hide whatever else has it.
pub(super) fn free_name(wanted: &str, taken: &BTreeSet<String>) -> Ident {
    let mut name = wanted.to_owned();
    while taken.contains(&name) {
        name.push('_');
    }
    Ident::new(&name, Span::call_site())
}

pub(super) fn type_of(axis: &DeclaredAxis, runtime: &dyn Fn(&str, i64) -> TokenStream) -> TokenStream {
    match axis {
        DeclaredAxis::Static(width) => {
            let size = width.in_type.to_token_stream();
            quote!(::tensor_core::__private::Const<#size>)
        }
        DeclaredAxis::Runtime { name, plus } => runtime(name, *plus),
    }
}
