//! The struct of a declared network and its impls.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::plan::{self, free_name, with_arguments};
use super::{docs, witness};
use crate::check::{Checked, CheckedItem, CheckedKind, DeclaredAxis};
use crate::syntax::Declaration;

/// A field: what has weights.
struct Field<'c> {
    name: &'c Ident,
    kind: TokenStream,
    key: String,
    attributes: Vec<&'c syn::Attribute>,
    docs: String,
}

/// The names that all parts of the expansion use.
struct Names<'d> {
    net: &'d Ident,
    parameters: &'d [Ident],
    /// `const F: usize,` …
    generics: TokenStream,
    /// `F,` …
    arguments: TokenStream,
    element: Ident,
    device: Ident,
    shape: Ident,
    tape: Ident,
}

impl Names<'_> {
    /// A name for a generic parameter that no const parameter of the user's has.
    fn free(&self, wanted: &str) -> Ident {
        free_name(wanted, self.parameters)
    }
}

/// The whole expansion.
pub(crate) fn network(declaration: &Declaration, checked: &Checked) -> TokenStream {
    let parameters = &declaration.parameters;
    let names = Names {
        net: &declaration.name,
        parameters,
        generics: quote!(#(const #parameters: usize,)*),
        arguments: quote!(#(#parameters,)*),
        element: free_name("E", parameters),
        device: free_name("D", parameters),
        shape: free_name("S", parameters),
        tape: free_name("T", parameters),
    };
    let mut fields = Vec::new();
    collect_fields(&checked.items, &names, &mut fields);
    let struct_item = struct_item(declaration, checked, &names, &fields);
    let plan = plan_impl(checked, &names);
    let weights = weights_impls(&names, &fields);
    let methods = methods(declaration, checked, &names);
    let (net, arguments) = (names.net, &names.arguments);
    let this = quote!(#net<#arguments f32, ::tensor_core::__private::Cpu>);
    let witnesses = witness::witnesses(&this, &net.to_string(), &checked.witnesses);
    let hover = hover(&checked.items);
    quote!(#struct_item #plan #weights #methods #witnesses #hover)
}

fn collect_fields<'c>(items: &'c [CheckedItem], names: &Names<'_>, fields: &mut Vec<Field<'c>>) {
    let (element, device) = (&names.element, &names.device);
    for item in items {
        let kind = match &item.kind {
            CheckedKind::Op(op) => op
                .weights
                .as_ref()
                .map(|weights| quote!(::tensor_core::__private::#weights #element, #device>)),
            CheckedKind::Network { path, count } => {
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
        if fields.iter().any(|field| field.name == name) {
            continue; // a duplicate, which is reported
        }
        let key = item.rename.clone().unwrap_or_else(|| syn::ext::IdentExt::unraw(name).to_string());
        let attributes = item.attributes.iter().filter(|a| !a.path().is_ident("cfg")).collect();
        fields.push(Field { name, kind, key, attributes, docs: format!("`{}`", item.text) });
    }
}

fn struct_item(
    declaration: &Declaration,
    checked: &Checked,
    names: &Names<'_>,
    fields: &[Field<'_>],
) -> TokenStream {
    let Names { net, generics, element, device, .. } = names;
    let (attributes, visibility) = (&declaration.attributes, &declaration.visibility);
    let table = docs::table(declaration, &checked.items);
    let derives = derives(attributes);
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
fn derives(attributes: &[syn::Attribute]) -> TokenStream {
    let written: String = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("derive"))
        .map(|attribute| quote!(#attribute).to_string())
        .collect();
    let missing = ["Clone", "Debug"].into_iter().filter(|derive| !written.contains(derive));
    let missing = missing.map(|derive| format_ident!("{derive}"));
    quote!(#[derive(#(#missing),*)])
}

fn plan_impl(checked: &Checked, names: &Names<'_>) -> TokenStream {
    let Names { net, generics, arguments, element, device, .. } = names;
    let name = net.to_string();
    let (input, output) = (plan::axes(&checked.input), plan::axes(&checked.output));
    let (relations, body) = (&checked.relations, plan::body(&checked.items));
    quote! {
        impl<#generics #element, #device> ::tensor_core::__private::Network for #net<#arguments #element, #device>
        where
            #element: ::tensor_core::__private::Dtype,
            #device: ::tensor_core::__private::Device<#element>,
        {
            const PLAN: &'static ::tensor_core::__private::Plan = &::tensor_core::__private::Plan {
                name: #name,
                input: #input,
                output: #output,
                relations: &[#(#relations),*],
                body: #body,
            };
        }
    }
}

/// The weights, for our executors and for dfdx.
fn weights_impls(names: &Names<'_>, fields: &[Field<'_>]) -> TokenStream {
    let Names { net, generics, arguments, element, device, .. } = names;
    let (other_element, other_device) = (names.free("E2"), names.free("D2"));
    let visitor = names.free("V");
    let unused = marker(fields, quote!(_ = list;));
    let marker = marker(fields, quote!(__on: ::core::marker::PhantomData,));
    let idents: Vec<_> = fields.iter().map(|field| field.name).collect();
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

/// `new`, `build`, `forward` … at the struct's name, so that messages of a wrong call point there.
fn methods(declaration: &Declaration, checked: &Checked, names: &Names<'_>) -> TokenStream {
    let Names { net, generics, arguments, element, device, shape, tape, .. } = names;
    let axes = names.free("AXES");
    let visibility = &declaration.visibility;
    let takes = tuple(
        checked
            .input
            .iter()
            .map(|axis| plan::type_of(axis, &|_, _| quote!(::tensor_core::__private::AnySize))),
    );
    let gives = output_type(checked, shape, &takes);
    let rank = checked.input.len();
    let out = quote!(::tensor_core::__private::Out<#shape, #takes, #gives>);
    let input_docs = docs_of(&declaration.input.axes().dims);
    let output_docs = docs_of(&declaration.output.dims);
    let shapes = format!("`[…, {input_docs}]` → `[…, {output_docs}]`, with any leading axes.");
    quote_spanned! {net.span()=>
        #[allow(dead_code, clippy::type_complexity)] // a user need not call every method
        impl<#generics #device: ::tensor_core::__private::Device<f32>> #net<#arguments f32, #device> {
            /// The network with fresh `f32` weights, drawn from the device's random numbers.
            ///
            /// # Panics
            /// If the device runs out of memory.
            #visibility fn new(device: &#device) -> Self {
                Self::build(device)
            }
        }

        #[allow(dead_code, clippy::type_complexity)] // a user need not call every method
        impl<#generics> #net<#arguments f32, ::tensor_core::__private::Cpu> {
            /// Numbers in the weights.
            #visibility const PARAMS: u64 = Self::cost([1; #rank]).params;

            /// Multiply-accumulates of one forward pass on a tensor with these axes, leading ones included.
            #visibility const fn macs<const #axes: usize>(axes: [usize; #axes]) -> u64 {
                Self::cost(axes).macs
            }

            /// What one forward pass on a tensor with these axes costs, leading ones included.
            #visibility const fn cost<const #axes: usize>(axes: [usize; #axes]) -> ::tensor_core::__private::Cost {
                <Self as ::tensor_core::__private::Network>::PLAN
                    .cost(::tensor_core::__private::Axes::of_sizes(&axes))
            }
        }

        #[allow(dead_code, clippy::type_complexity)] // a user need not call every method
        impl<#generics #element, #device> #net<#arguments #element, #device>
        where
            #element: ::tensor_core::__private::Element,
            #device: ::tensor_core::__private::Device<#element>,
        {
            /// The network with fresh weights of any number type, drawn from the device's random numbers.
            ///
            /// # Panics
            /// If the device runs out of memory.
            #visibility fn build(device: &#device) -> Self {
                ::core::result::Result::unwrap(::tensor_core::__private::build(device))
            }

            /// Uses the network: dropout is off. An `x` traced by `leaky_trace` gets its gradient.
            ///
            /// # Shapes
            #[doc = #shapes]
            ///
            /// # Panics
            /// If the device runs out of memory.
            #visibility fn forward<#shape, #tape>(
                &self,
                x: ::tensor_core::__private::Tensor<#shape, #element, #device, #tape>,
            ) -> ::tensor_core::__private::Tensor<#out, #element, #device, #tape>
            where
                #shape: ::tensor_core::__private::EndsIn<#takes>,
                #tape: ::tensor_core::__private::Tape<#element, #device>,
            {
                ::core::result::Result::unwrap(self.try_forward(x))
            }

            /// As `forward`.
            ///
            /// # Errors
            /// If the device runs out of memory.
            #visibility fn try_forward<#shape, #tape>(
                &self,
                x: ::tensor_core::__private::Tensor<#shape, #element, #device, #tape>,
            ) -> ::core::result::Result<
                ::tensor_core::__private::Tensor<#out, #element, #device, #tape>,
                ::tensor_core::__private::Error,
            >
            where
                #shape: ::tensor_core::__private::EndsIn<#takes>,
                #tape: ::tensor_core::__private::Tape<#element, #device>,
            {
                ::tensor_core::__private::forward(self, x, ::tensor_core::__private::Mode::Inference)
            }

            /// Trains the network: dropout is on, and the way back adds to `gradients`.
            ///
            /// # Shapes
            #[doc = #shapes]
            ///
            /// # Panics
            /// If the device runs out of memory.
            #visibility fn forward_train<#shape>(
                &self,
                x: ::tensor_core::__private::Tensor<#shape, #element, #device>,
                gradients: ::tensor_core::__private::Gradients<#element, #device>,
            ) -> ::tensor_core::__private::Tensor<
                #out, #element, #device, ::tensor_core::__private::OwnedTape<#element, #device>,
            >
            where
                #shape: ::tensor_core::__private::EndsIn<#takes>,
            {
                ::core::result::Result::unwrap(self.try_forward_train(x, gradients))
            }

            /// As `forward_train`.
            ///
            /// # Errors
            /// If the device runs out of memory.
            #visibility fn try_forward_train<#shape>(
                &self,
                x: ::tensor_core::__private::Tensor<#shape, #element, #device>,
                gradients: ::tensor_core::__private::Gradients<#element, #device>,
            ) -> ::core::result::Result<
                ::tensor_core::__private::Tensor<
                    #out, #element, #device, ::tensor_core::__private::OwnedTape<#element, #device>,
                >,
                ::tensor_core::__private::Error,
            >
            where
                #shape: ::tensor_core::__private::EndsIn<#takes>,
            {
                let x = x.traced(gradients);
                ::tensor_core::__private::forward(self, x, ::tensor_core::__private::Mode::Training)
            }

            /// The table of items, with axes, parameters and multiply-accumulates.
            #visibility fn summary(&self) -> ::tensor_core::__private::Summary {
                ::tensor_core::__private::Summary::of(<Self as ::tensor_core::__private::Network>::PLAN)
            }
        }

        ::tensor_core::__glue! {
            impl[#generics] #net[#arguments] as [#element, #device] with [#shape, #tape]: #takes => #gives
        }
    }
}

/// The axes that the network gives: a runtime axis has the size type that it has in the input.
fn output_type(checked: &Checked, shape: &Ident, takes: &TokenStream) -> TokenStream {
    let bound = |name: &str, plus: i64| {
        let place = checked.input.iter().position(
            |axis| matches!(axis, DeclaredAxis::Runtime { name: n, plus: p } if n == name && *p == plus),
        );
        match place {
            Some(place) => {
                let axis = format_ident!("Axis{}", place + 1);
                quote!(<#shape as ::tensor_core::__private::EndsIn<#takes>>::#axis)
            }
            None => quote!(usize),
        }
    };
    tuple(checked.output.iter().map(|axis| plan::type_of(axis, &bound)))
}

fn tuple(types: impl Iterator<Item = TokenStream>) -> TokenStream {
    quote!((#(#types,)*))
}

fn docs_of(dims: &[crate::dim::Dim]) -> String {
    dims.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Lets editors show an op's docs at its keyword.
fn hover(items: &[CheckedItem]) -> TokenStream {
    items
        .iter()
        .map(|item| match &item.kind {
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
