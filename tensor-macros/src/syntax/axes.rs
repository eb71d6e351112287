//! Axes: `[seq, 384]`, `ids[seq]`.

use proc_macro2::extra::DelimSpan;
use syn::parse::ParseStream;
use syn::token::{Bracket, Paren};
use syn::{Ident, Token, bracketed, parenthesized};

use crate::dim::{Dim, input_error};
use crate::errors::Errors;
use crate::explain;

/// Declared axes.
#[derive(Clone)]
pub(crate) struct AxesDecl {
    /// Whether they hold ids instead of numbers: `ids[seq]`.
    pub(crate) ids: bool,
    pub(crate) dims: Vec<Dim>,
}

impl AxesDecl {
    /// Parses axes. Round brackets and forgotten commas are reported, and read as if they were right.
    pub(super) fn parse(input: ParseStream, errors: &mut Errors) -> syn::Result<Self> {
        let content;
        if input.peek(Ident) && input.peek2(Bracket) && input.fork().parse::<Ident>()? == "ids" {
            input.parse::<Ident>()?;
            let span = bracketed!(content in input).span;
            return Ok(AxesDecl { ids: true, ..Self::between(&content, span, errors)? });
        }
        if input.peek(Paren) {
            let span = parenthesized!(content in input).span;
            errors.at_span(span.open(), explain::axes_in_square_brackets());
            return Self::between(&content, span, errors);
        }
        if !input.peek(Bracket) {
            return Err(input_error(input, explain::axes_expected()));
        }
        let span = bracketed!(content in input).span;
        Self::between(&content, span, errors)
    }

    fn between(content: ParseStream, brackets: DelimSpan, errors: &mut Errors) -> syn::Result<Self> {
        let mut dims = Vec::new();
        while !content.is_empty() {
            dims.push(content.parse()?);
            if !content.is_empty() {
                if content.peek(Token![,]) {
                    content.parse::<Token![,]>()?;
                } else {
                    errors.push(input_error(content, explain::comma_between_axes()));
                }
            }
        }
        if dims.is_empty() {
            return Err(syn::Error::new(brackets.join(), explain::no_axes()));
        }
        Ok(AxesDecl { ids: false, dims })
    }
}

/// As written, with even spacing.
impl std::fmt::Display for AxesDecl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let dims: Vec<String> = self.dims.iter().map(ToString::to_string).collect();
        write!(f, "{}[{}]", if self.ids { "ids" } else { "" }, dims.join(", "))
    }
}
