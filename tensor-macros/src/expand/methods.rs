//! The methods of a declared network, and how its tensors are typed.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::network::Names;
use super::plan;
use crate::check::{Checked, DeclaredAxis};
use crate::syntax::Declaration;

/// `new`, `build`, `forward` … at the struct's name, so that messages of a wrong call point there. A private network
/// need not use them all.
pub(super) fn methods(declaration: &Declaration, checked: &Checked, names: &Names<'_>) -> TokenStream {
    let Names { net, generics, arguments, element, device, shape, tape, rank, .. } = names;
    let visibility = &declaration.visibility;
    let takes = tuple(
        checked
            .input
            .iter()
            .map(|axis| plan::type_of(axis, &|_, _| quote!(::tensor_core::__private::AnySize))),
    );
    let gives = output_type(checked, shape, &takes);
    let declared = checked.input.len();
    let out = quote!(::tensor_core::__private::Out<#shape, #takes, #gives>);
    let input_docs = docs_of(&declaration.input.axes().dims);
    let output_docs = docs_of(&declaration.output.dims);
    let shapes = format!("`[…, {input_docs}]` → `[…, {output_docs}]`, with any leading axes.");
    quote_spanned! {net.span()=>
        #[allow(dead_code, clippy::type_complexity)]
        impl<#generics #device: ::tensor_core::__private::Device<f32>> #net<#arguments f32, #device> {
            /// The network with fresh `f32` weights, drawn from the device's random numbers.
            ///
            /// # Panics
            /// If the device runs out of memory.
            #visibility fn new(device: &#device) -> Self {
                Self::build(device)
            }
        }

        #[allow(dead_code, clippy::type_complexity)]
        impl<#generics> #net<#arguments f32, ::tensor_core::__private::Cpu> {
            /// Numbers in the weights.
            #visibility const PARAMS: u64 = Self::cost([1; #declared]).params;

            /// Multiply-accumulates of one forward pass on a tensor with these axes, leading ones included.
            #visibility const fn macs<const #rank: usize>(axes: [usize; #rank]) -> u64 {
                Self::cost(axes).macs
            }

            /// What one forward pass on a tensor with these axes costs, leading ones included.
            #visibility const fn cost<const #rank: usize>(axes: [usize; #rank]) -> ::tensor_core::__private::Cost {
                <Self as ::tensor_core::__private::Network>::PLAN
                    .cost(::tensor_core::__private::Axes::of_sizes(&axes))
            }
        }

        #[allow(dead_code, clippy::type_complexity)]
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
                let x = ::tensor_core::__private::Trace::traced(x, gradients);
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
