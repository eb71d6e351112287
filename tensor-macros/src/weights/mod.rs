//! `weights!`: the header of a file as constant data, which rustc holds against a network's plan.

mod expand;
mod file;
mod names;
mod syntax;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
pub(crate) use syntax::OPTIONS;

use crate::errors::Errors;

/// The expansion: an expression whose check comes with it.
pub(crate) fn weights(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(asked) = syntax::parse(input, &mut errors) else { return errors.into_compile_errors() };
    let file = match file::find(&asked.file) {
        Ok(file) => Some(file),
        Err(message) => {
            errors.at(&asked.file, message);
            None
        }
    };
    let tensors = file.as_ref().and_then(|file| names::tensors(&asked, file, &mut errors));
    let checks = tensors.filter(|_| errors.is_empty()).map(|tensors| expand::checks(&asked, &tensors));
    let value = expand::value(&asked, file.as_ref());
    let errors = errors.into_compile_errors();
    quote::quote!({ #errors #checks #value })
}
