//! The struct of a declared network and its impls.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::methods::{glue, methods};
use super::plan::{self, free_name, with_arguments};
use super::{docs, fits, witness};
use crate::check::{Checked, CheckedItem, CheckedKind, CheckedOp, PRIVATE_FIELD, Weights, is_budget};
use crate::syntax::Declaration;

/// A field: what has weights.
struct Field<'c> {
    name: Ident,
    kind: TokenStream,
    key: String,
    attributes: Vec<&'c syn::Attribute>,
    docs: String,
}

/// The names that all parts of the expansion use.
pub(super) struct Names<'d> {
    pub(super) net: &'d Ident,
    /// `const F: usize,` …
    pub(super) generics: TokenStream,
    /// `F,` …
    pub(super) arguments: TokenStream,
    pub(super) element: Ident,
    pub(super) device: Ident,
    pub(super) shape: Ident,
    pub(super) tape: Ident,
    pub(super) visitor: Ident,
    pub(super) other_element: Ident,
    pub(super) other_device: Ident,
    pub(super) rank: Ident,
    /// Names that type parameters can't have.
    pub(super) taken: &'d BTreeSet<String>,
}

/// The whole expansion of a declaration, which is sound if it has no mistakes.
pub(crate) fn network(declaration: &Declaration, checked: &Checked, sound: bool) -> TokenStream {
    let parameters = &declaration.parameters;
    let taken = &declaration.words;
    let names = Names {
        net: &declaration.name,
        generics: quote!(#(const #parameters: usize,)*),
        arguments: quote!(#(#parameters,)*),
        element: free_name("E", taken),
        device: free_name("D", taken),
        shape: free_name("S", taken),
        tape: free_name("T", taken),
        visitor: free_name("V", taken),
        other_element: free_name("E2", taken),
        other_device: free_name("D2", taken),
        rank: free_name("AXES", taken),
        taken,
    };
    let mut fields = Vec::new();
    collect_fields(&checked.items, &names, &mut fields);
    let struct_item = struct_item(declaration, checked, &names, &fields);
    let plan = plan_impl(declaration, checked, &names, sound);
    let weights = weights_impls(&names, &fields);
    let (methods, glue) = (methods(declaration, checked, &names), glue(declaration, checked, &names));
    let (net, arguments) = (names.net, &names.arguments);
    let this = quote!(#net<#arguments f32, ::tensor_core::__private::Cpu>);
    let witnesses = witness::witnesses(&this, &net.to_string(), &checked.witnesses);
    let hover = hover(&checked.items);
    let fits = fits::fits(&checked.items, &names);
    quote!(#struct_item #plan #fits #weights #methods #glue #witnesses #hover)
}

fn collect_fields<'c>(items: &'c [CheckedItem], names: &Names<'_>, fields: &mut Vec<Field<'c>>) {
    let (element, device) = (&names.element, &names.device);
    for item in items {
        let kind = match &item.kind {
            CheckedKind::Op(CheckedOp { weights: Weights::Attention(parts), .. }) if item.name.is_none() => {
                fields.extend(bare_fields(item, parts, names));
                None
            }
            CheckedKind::Op(op) => weights_type(&op.weights, names),
            CheckedKind::Network { path, count, .. } => {
                let network = with_arguments(path, [quote!(#element), quote!(#device)]);
                Some(match count {
                    None => quote!(#network),
                    Some(count) => {
                        let count = &count.in_type;
                        quote!(::tensor_core::__private::Stack<#network, #count>)
                    }
                })
            }
            CheckedKind::Residual(items) => {
                collect_fields(items, names, fields);
                None
            }
            CheckedKind::Fork { branches, .. } => {
                branches.iter().for_each(|(_, items)| collect_fields(items, names, fields));
                None
            }
            CheckedKind::Missing => None,
        };
        let (Some(kind), Some(name)) = (kind, &item.name) else { continue };
        if *name == PRIVATE_FIELD || fields.iter().any(|field| field.name.unraw() == name.unraw()) {
            continue; // taken, which is reported
        }
        let key = plan::key(item);
        let attributes = item.attributes.iter().filter(|a| !a.path().is_ident("cfg")).collect();
        let docs = format!("`{}`", item.text);
        fields.push(Field { name: name.clone(), kind, key, attributes, docs });
    }
}

/// The type of an op's weights.
fn weights_type(weights: &Weights, names: &Names<'_>) -> Option<TokenStream> {
    let Names { element, device, .. } = names;
    match weights {
        Weights::None => None,
        Weights::One(weights) => Some(quote!(::tensor_core::__private::#weights #element, #device>)),
        Weights::Attention(parts) => {
            let parts = parts.iter().map(|(_, part)| match part {
                Some(part) => quote!(::tensor_core::__private::#part #element, #device>),
                None => quote!(::tensor_core::__private::Absent),
            });
            Some(quote!(::tensor_core::__private::Attention<#(#parts),*>))
        }
    }
}

/// The matrices of an `attention!`, which are fields of its struct.
fn bare_fields<'c>(
    item: &'c CheckedItem,
    parts: &[(&'static str, Option<TokenStream>)],
    names: &Names<'_>,
) -> Vec<Field<'c>> {
    let Names { element, device, .. } = names;
    let present = parts.iter().filter_map(|(name, part)| Some((name, part.as_ref()?)));
    let field = |(name, part): (&&str, &TokenStream)| Field {
        name: format_ident!("{name}"),
        kind: quote!(::tensor_core::__private::#part #element, #device>),
        key: (*name).to_owned(),
        attributes: Vec::new(),
        docs: format!("of `{}`", item.text),
    };
    present.map(field).collect()
}

fn struct_item(
    declaration: &Declaration,
    checked: &Checked,
    names: &Names<'_>,
    fields: &[Field<'_>],
) -> TokenStream {
    let Names { net, generics, element, device, .. } = names;
    let attributes: Vec<_> =
        declaration.attributes.iter().filter(|attribute| !is_budget(attribute)).collect();
    let visibility = &declaration.visibility;
    let table = docs::table(declaration, &checked.items);
    let derives = derives(&attributes);
    let marker =
        marker(fields, quote!(#[doc(hidden)] __on: ::core::marker::PhantomData<(#element, #device)>,));
    let fields = fields.iter().map(|Field { name, kind, attributes, docs, .. }| {
        quote!(#(#attributes)* #[doc = #docs] #visibility #name: #kind,)
    });
    quote! {
        #(#attributes)*
        #[doc = ""]
        #[doc = #table]
        #derives
        #visibility struct #net<
            #generics
            #element: ::tensor_core::__private::Dtype = f32,
            #device: ::tensor_core::__private::Device<#element> = ::tensor_core::__private::Cpu,
        > {
            #(#fields)*
            #marker
        }
    }
}

/// What only a struct without weights needs: uses of the number type, the device, the list.
fn marker(fields: &[Field<'_>], field: TokenStream) -> TokenStream {
    if fields.is_empty() { field } else { TokenStream::new() }
}

/// `Clone` and `Debug`, where the user does not derive them.
fn derives(attributes: &[&syn::Attribute]) -> TokenStream {
    let written: String = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("derive"))
        .map(|attribute| quote!(#attribute).to_string())
        .collect();
    let missing = ["Clone", "Debug"].into_iter().filter(|derive| !written.contains(derive));
    let missing = missing.map(|derive| format_ident!("{derive}"));
    quote!(#[derive(#(#missing),*)])
}

fn plan_impl(declaration: &Declaration, checked: &Checked, names: &Names<'_>, sound: bool) -> TokenStream {
    let Names { net, generics, arguments, element, device, .. } = names;
    let name = net.to_string();
    let input = plan::axes(declaration.input.main.ids, &checked.input);
    let (sides, output) = (plan::sides(declaration, checked), plan::axes(false, &checked.output));
    let (relations, budgets) = (&checked.relations, &checked.budgets);
    let body = plan::body(&checked.items);
    quote! {
        impl<#generics #element, #device> ::tensor_core::__private::Network for #net<#arguments #element, #device>
        where
            #element: ::tensor_core::__private::Dtype,
            #device: ::tensor_core::__private::Device<#element>,
        {
            const PLAN: &'static ::tensor_core::__private::Plan = &::tensor_core::__private::Plan {
                name: #name,
                input: #input,
                sides: #sides,
                output: #output,
                relations: &[#(#relations),*],
                budgets: &[#(#budgets),*],
                body: #body,
                sound: #sound,
            };
            type Declared = Self;
        }
    }
}

/// The weights, for our executors and for dfdx.
fn weights_impls(names: &Names<'_>, fields: &[Field<'_>]) -> TokenStream {
    let Names { net, generics, arguments, element, device, visitor, other_element, other_device, .. } = names;
    let (unused, unvisited) = (marker(fields, quote!(_ = list;)), marker(fields, quote!(_ = visitor;)));
    let keys = fields.iter().map(|field| &field.key);
    let marker = marker(fields, quote!(__on: ::core::marker::PhantomData,));
    let idents: Vec<_> = fields.iter().map(|field| &field.name).collect();
    let visits = fields
        .iter()
        .map(|Field { name, key, .. }| quote!(Self::module(#key, |net| &net.#name, |net| &mut net.#name)));
    let (visits, pattern) = (nested(visits.collect()), nested(idents.iter().map(|i| quote!(#i)).collect()));
    quote! {
        impl<#generics #element, #device> ::tensor_core::__private::Weighted<#element, #device>
            for #net<#arguments #element, #device>
        where
            #element: ::tensor_core::__private::Dtype,
            #device: ::tensor_core::__private::Device<#element>,
        {
            fn weights(&self, list: &mut ::tensor_core::__private::Weights<#element, #device>) {
                #(::tensor_core::__private::Weighted::weights(&self.#idents, list);)*
                #unused
            }

            fn visit_weights(
                &mut self,
                visitor: &mut dyn ::tensor_core::__private::WeightVisitor<#element, #device>,
            ) {
                #(::tensor_core::__private::visit_field(#keys, &mut self.#idents, visitor);)*
                #unvisited
            }
        }

        impl<#generics #element, #device> ::tensor_core::__private::TensorCollection<#element, #device>
            for #net<#arguments #element, #device>
        where
            #element: ::tensor_core::__private::Element,
            #device: ::tensor_core::__private::Device<#element>,
        {
            type To<
                #other_element: ::tensor_core::__private::Dtype,
                #other_device: ::tensor_core::__private::Device<#other_element>,
            > = #net<#arguments #other_element, #other_device>;

            fn iter_tensors<#visitor: ::tensor_core::__private::ModuleVisitor<Self, #element, #device>>(
                visitor: &mut #visitor,
            ) -> ::core::result::Result<
                ::core::option::Option<Self::To<#visitor::E2, #visitor::D2>>,
                #visitor::Err,
            > {
                visitor.visit_fields(#visits, |#pattern| #net {
                    #(#idents,)*
                    #marker
                })
            }
        }
    }
}

/// A tuple; dfdx's stop at six fields, so longer ones are nested.
fn nested(mut fields: Vec<TokenStream>) -> TokenStream {
    const MOST: usize = 6;
    while fields.len() > MOST {
        fields = fields.chunks(MOST).map(|chunk| quote!((#(#chunk,)*))).collect();
    }
    quote!((#(#fields,)*))
}

/// Lets editors show an op's docs at its keyword.
fn hover(items: &[CheckedItem]) -> TokenStream {
    items
        .iter()
        .map(|item| match &item.kind {
            CheckedKind::Op(CheckedOp { weights: Weights::Attention(_), .. }) if item.name.is_none() => {
                TokenStream::new()
            }
            CheckedKind::Op(op) => {
                let keyword = &op.keyword;
                quote!(const _: fn() = ::tensor_core::keywords::#keyword;)
            }
            CheckedKind::Residual(items) => hover(items),
            CheckedKind::Fork { branches, .. } => branches.iter().map(|(_, items)| hover(items)).collect(),
            _ => TokenStream::new(),
        })
        .collect()
}
