//! Axes: `[seq, 384]`.

use syn::parse::{Parse, ParseStream};
use syn::token::Bracket;
use syn::{Token, bracketed};

use crate::dim::Dim;
use crate::explain;

/// Declared axes.
pub(crate) struct AxesDecl {
    pub(crate) dims: Vec<Dim>,
}

impl Parse for AxesDecl {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if !input.peek(Bracket) {
            return Err(input.error(explain::axes_expected()));
        }
        let content;
        let bracket = bracketed!(content in input);
        let mut dims = Vec::new();
        while !content.is_empty() {
            dims.push(content.parse()?);
            if !content.is_empty() {
                if !content.peek(Token![,]) {
                    return Err(content.error(explain::comma_between_axes()));
                }
                content.parse::<Token![,]>()?;
            }
        }
        if dims.is_empty() {
            return Err(syn::Error::new(bracket.span.join(), explain::no_axes()));
        }
        Ok(AxesDecl { dims })
    }
}
