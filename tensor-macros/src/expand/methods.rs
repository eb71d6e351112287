//! The methods of a declared network, and how its tensors are typed.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::network::Names;
use super::plan;
use crate::check::{Checked, DeclaredAxis};
use crate::syntax::Declaration;

/// An input in the methods' signatures.
struct Input {
    name: Ident,
    /// The name by which items find it.
    key: String,
    /// Its shape's and its tape's type parameters.
    shape: Ident,
    tape: Ident,
    /// Its number type: that of the network, or `usize` for ids.
    number: TokenStream,
    /// The declared axes, as `EndsIn` takes them.
    takes: TokenStream,
}

impl Input {
    fn tensor(&self, device: &Ident, tape: Option<&Ident>) -> TokenStream {
        let Input { name, shape, number, .. } = self;
        let (span, tape) = (name.span(), tape.map(|tape| quote!(, #tape)));
        quote_spanned!(span=> ::tensor_core::__private::Tensor<#shape, #number, #device #tape>)
    }
}

/// `new`, `build`, `forward` … at the struct's name, so that messages of a wrong call point there. A private network
/// need not use them all.
pub(super) fn methods(declaration: &Declaration, checked: &Checked, names: &Names<'_>) -> TokenStream {
    let Names { net, generics, arguments, element, device, rank, .. } = names;
    let visibility = &declaration.visibility;
    let passes = passes(declaration, checked, names);
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
            #visibility const PARAMS: u64 = <Self as ::tensor_core::__private::Network>::PLAN.params();

            /// Multiply-accumulates of one forward pass on a tensor with these axes, leading ones included.
            #visibility const fn macs<const #rank: usize>(axes: [usize; #rank]) -> u64 {
                Self::cost(axes).macs
            }

            /// What one forward pass on a tensor with these axes costs, leading ones included.
            #visibility const fn cost<const #rank: usize>(axes: [usize; #rank]) -> ::tensor_core::__private::Cost {
                <Self as ::tensor_core::__private::Network>::PLAN.cost_at(&axes)
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

            #passes

            /// The table of items, with axes, parameters and multiply-accumulates.
            #visibility fn summary(&self) -> ::tensor_core::__private::Summary {
                ::tensor_core::__private::Summary::of(<Self as ::tensor_core::__private::Network>::PLAN)
            }
        }
    }
}

/// `forward`, `forward_train`, their `try_` forms, and dfdx's modules.
fn passes(declaration: &Declaration, checked: &Checked, names: &Names<'_>) -> TokenStream {
    let Names { net, element, device, shape, tape, .. } = names;
    let visibility = &declaration.visibility;
    let (main, sides) = (main_input(declaration, checked, names), side_inputs(declaration, checked, names));
    let takes = &main.takes;
    let gives = output_type(checked, shape, takes);
    let out = quote_spanned!(net.span()=> ::tensor_core::__private::Out<#shape, #takes, #gives>);
    let shapes = shapes(declaration);
    let x = &main.name;
    let (traced, untraced) = (main.tensor(device, Some(tape)), main.tensor(device, None));
    let side_names: Vec<_> = sides.iter().map(|side| &side.name).collect();
    let side_generics: Vec<_> = sides.iter().flat_map(|side| [&side.shape, &side.tape]).collect();
    let side_arguments: Vec<_> = sides
        .iter()
        .map(|side| {
            let (name, tensor) = (&side.name, side.tensor(device, Some(&side.tape)));
            quote_spanned!(net.span()=> #name: #tensor)
        })
        .collect();
    let span = net.span();
    let merges = sides
        .iter()
        .map(|Input { tape, .. }| quote_spanned!(span=> + ::tensor_core::__private::Merge<#tape>));
    let tape_bound =
        quote_spanned!(span=> #tape: ::tensor_core::__private::Tape<#element, #device> #(#merges)*);
    let bounds: TokenStream = sides
        .iter()
        .map(|Input { shape, tape, takes, .. }| {
            quote_spanned! {span=>
                #shape: ::tensor_core::__private::EndsIn<#takes>,
                #tape: ::tensor_core::__private::Tape<#element, #device>,
            }
        })
        .chain([quote_spanned!(span=> #shape: ::tensor_core::__private::EndsIn<#takes>,)])
        .collect();
    let owned = quote_spanned!(span=> ::tensor_core::__private::OwnedTape<#element, #device>);
    let owned_merges = sides
        .iter()
        .map(|Input { tape, .. }| quote_spanned!(span=> #owned: ::tensor_core::__private::Merge<#tape>,));
    let owned_bounds = quote!(#bounds #(#owned_merges)*);
    let result = |tape: TokenStream| {
        quote_spanned! {span=>
            ::core::result::Result<
                ::tensor_core::__private::Tensor<#out, #element, #device, #tape>,
                ::tensor_core::__private::Error,
            >
        }
    };
    let (result_used, result_trained) = (result(quote!(#tape)), result(owned.clone()));
    let forward = quote_spanned!(span=> ::tensor_core::__private::forward);
    let train = quote_spanned!(span=> ::tensor_core::__private::train);
    let inference = quote_spanned!(span=> , ::tensor_core::__private::Mode::Inference);
    let used = take_sides(span, x, &sides, (&forward, inference));
    let trained = take_sides(span, x, &sides, (&train, TokenStream::new()));
    quote_spanned! {net.span()=>
            /// Uses the network: dropout is off. An input traced by `leaky_trace` gets its gradient.
            ///
            /// # Shapes
            #[doc = #shapes]
            ///
            /// # Panics
            /// On what `try_forward` reports.
            #[track_caller]
            #visibility fn forward<#shape, #tape, #(#side_generics,)*>(
                &self,
                #x: #traced,
                #(#side_arguments,)*
            ) -> ::tensor_core::__private::Tensor<#out, #element, #device, #tape>
            where
                #tape_bound,
                #bounds
            {
                ::tensor_core::__private::expect_pass(self.try_forward(#x, #(#side_names),*))
            }

            /// As `forward`.
            ///
            /// # Errors
            /// `Error` of `tensor_core`: an id, a mask or a length that does not fit, or a device without memory.
            #visibility fn try_forward<#shape, #tape, #(#side_generics,)*>(
                &self,
                #x: #traced,
                #(#side_arguments,)*
            ) -> #result_used
            where
                #tape_bound,
                #bounds
            {
                #used
            }

            /// Trains the network: dropout is on, and the way back adds to `gradients`.
            ///
            /// # Shapes
            #[doc = #shapes]
            ///
            /// # Panics
            /// On what `try_forward_train` reports.
            #[track_caller]
            #visibility fn forward_train<#shape, #(#side_generics,)*>(
                &self,
                #x: #untraced,
                #(#side_arguments,)*
                gradients: ::tensor_core::__private::Gradients<#element, #device>,
            ) -> ::tensor_core::__private::Tensor<#out, #element, #device, #owned>
            where
                #owned_bounds
            {
                ::tensor_core::__private::expect_pass(self.try_forward_train(#x, #(#side_names,)* gradients))
            }

            /// As `forward_train`.
            ///
            /// # Errors
            /// As `try_forward`.
            #visibility fn try_forward_train<#shape, #(#side_generics,)*>(
                &self,
                #x: #untraced,
                #(#side_arguments,)*
                gradients: ::tensor_core::__private::Gradients<#element, #device>,
            ) -> #result_trained
            where
                #owned_bounds
            {
                let #x = ::tensor_core::__private::Trace::traced(#x, gradients);
                #trained
            }
    }
}

/// Takes the side inputs, and runs the network; at the span of the methods, whose `self` it names.
fn take_sides(
    span: Span,
    x: &Ident,
    sides: &[Input],
    (pass, mode): (&TokenStream, TokenStream),
) -> TokenStream {
    let run = |sides: TokenStream| {
        quote_spanned! {span=>
            #pass(self, #x, #sides #mode)
        }
    };
    if sides.is_empty() {
        return run(quote!(::std::vec::Vec::new()));
    }
    let (keys, sides) = (sides.iter().map(|side| &side.key), sides.iter().map(|side| &side.name));
    let run = run(quote_spanned!(span=> __sides));
    quote_spanned! {span=>
        let mut __sides = ::std::vec::Vec::new();
        #(let #x = ::tensor_core::__private::take_side(#x, #keys, #sides, &mut __sides)?;)*
        #run
    }
}

/// dfdx's `Module` and its kin, on one tensor or a tuple of the inputs.
pub(super) fn glue(declaration: &Declaration, checked: &Checked, names: &Names<'_>) -> TokenStream {
    let Names { net, generics, arguments, element, device, shape, tape, .. } = names;
    let (main, sides) = (main_input(declaration, checked, names), side_inputs(declaration, checked, names));
    let Input { number, takes, .. } = &main;
    let gives = output_type(checked, shape, takes);
    let sides = sides.iter().map(|Input { name, key, shape, tape, number, takes }| {
        quote!([#key, #name, #shape, #tape, #number, #takes])
    });
    let sides: TokenStream = sides.collect();
    quote_spanned! {net.span()=>
        ::tensor_core::__glue! {
            impl[#generics] #net[#arguments] as [#element, #device] with [#shape, #tape]:
            #number, #takes => #gives; #sides
        }
    }
}

fn main_input(declaration: &Declaration, checked: &Checked, names: &Names<'_>) -> Input {
    let (shape, tape) = (names.shape.clone(), names.tape.clone());
    let name = declaration.input.name.clone().unwrap_or_else(|| format_ident!("x"));
    input(name, (shape, tape), declaration.input.main.ids, &checked.input, names)
}

fn side_inputs(declaration: &Declaration, checked: &Checked, names: &Names<'_>) -> Vec<Input> {
    let sides = declaration.input.sides.iter().zip(&checked.sides).enumerate();
    let side = |(index, (side, axes)): (usize, (&crate::syntax::SideDecl, &Vec<DeclaredAxis>))| {
        let shape = plan::free_name(&format!("S{}", index + 1), names.taken);
        let tape = plan::free_name(&format!("T{}", index + 1), names.taken);
        input(side.name.clone(), (shape, tape), side.axes.ids, axes, names)
    };
    sides.map(side).collect()
}

fn input(
    name: Ident,
    (shape, tape): (Ident, Ident),
    ids: bool,
    axes: &[DeclaredAxis],
    names: &Names<'_>,
) -> Input {
    // `gradients` is an argument of ours.
    let key = syn::ext::IdentExt::unraw(&name).to_string();
    let mut name = if name == "gradients" { format_ident!("gradients_") } else { name };
    name.set_span(names.net.span());
    let element = &names.element;
    let any_size = |_: &str, _: i64| quote!(::tensor_core::__private::AnySize);
    let takes = tuple(axes.iter().map(|axis| plan::type_of(axis, &any_size)));
    Input { name, key, shape, tape, number: if ids { quote!(usize) } else { quote!(#element) }, takes }
}

/// What the methods' docs say of shapes.
fn shapes(declaration: &Declaration) -> String {
    let leading = |axes: &crate::syntax::AxesDecl| axes.to_string().replace('[', "[…, ");
    let main = leading(&declaration.input.main);
    let mut text = format!("`{main}` → `{}`, with any leading axes.", leading(&declaration.output));
    for side in &declaration.input.sides {
        text += &format!(" `{}: {}`, with the same leading axes, or none.", side.name, leading(&side.axes));
    }
    text
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
