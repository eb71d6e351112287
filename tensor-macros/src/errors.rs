//! All mistakes of a declaration, in the order found.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// Collects mistakes; dropping it unread is a bug.
#[derive(Default)]
pub(crate) struct Errors {
    found: Vec<syn::Error>,
}

impl Errors {
    /// Adds a mistake at the tokens to blame. Where they are several, rustc underlines the first.
    pub(crate) fn at(&mut self, tokens: &impl ToTokens, message: impl std::fmt::Display) {
        self.found.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds a mistake at a place.
    pub(crate) fn at_span(&mut self, span: Span, message: impl std::fmt::Display) {
        self.found.push(syn::Error::new(span, message));
    }

    /// Adds a mistake that parsing found.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.found.push(error);
    }

    /// Adds all that `other` found.
    pub(crate) fn append(&mut self, mut other: Errors) {
        self.found.append(&mut other.found);
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(crate) fn into_compile_errors(mut self) -> TokenStream {
        std::mem::take(&mut self.found).into_iter().map(|error| error.into_compile_error()).collect()
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        debug_assert!(
            self.found.is_empty() || std::thread::panicking(),
            "mistakes were found but not reported"
        );
    }
}
