//! The `layer!` and `attention!` macros of [tensor-core](https://docs.rs/tensor-core), where they are documented.
//!
//! Parse (`syntax`), check (`check`, with the ops' rules in `ops` and the sizes' algebra in `dim`),
//! expand (`expand`). Every message's words are in `explain`.

mod check;
mod dim;
mod errors;
mod expand;
mod explain;
mod ops;
mod syntax;
#[cfg(test)]
mod tests;
mod weights;

use proc_macro::TokenStream;
use syntax::Form;

#[allow(missing_docs, reason = "documented where tensor-core re-exports it")]
#[proc_macro]
pub fn layer(input: TokenStream) -> TokenStream {
    declare(Form::Layer, input.into()).into()
}

#[allow(missing_docs, reason = "documented where tensor-core re-exports it")]
#[proc_macro]
pub fn attention(input: TokenStream) -> TokenStream {
    declare(Form::Attention, input.into()).into()
}

#[allow(missing_docs, reason = "documented where tensor-core re-exports it")]
#[proc_macro]
pub fn assert_layer(input: TokenStream) -> TokenStream {
    expand::assert_layer(input.into()).into()
}

#[allow(missing_docs, reason = "documented where tensor-core re-exports it")]
#[proc_macro]
pub fn weights(input: TokenStream) -> TokenStream {
    weights::weights(input.into()).into()
}

/// A declaration with mistakes still gives its struct and impls, so that code which uses it adds no errors.
fn declare(form: Form, input: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let mut errors = errors::Errors::default();
    let network = syntax::parse(form, input, &mut errors).map(|declaration| {
        let checked = check::check(&declaration, &mut errors);
        expand::network(&declaration, &checked, errors.is_empty())
    });
    let errors = errors.into_compile_errors();
    quote::quote!(#errors #network)
}
