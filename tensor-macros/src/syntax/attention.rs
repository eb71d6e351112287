//! The body of an `attention!`: `{ heads: 12, mask: causal, w_q: [768, 768], … }`.

use syn::parse::ParseStream;
use syn::token::Brace;
use syn::{Ident, Token, braced};

use super::axes::AxesDecl;
use super::call::{Argument, Call, Choice, Value};
use super::declaration::{Input, SideDecl};
use super::item::{Body, Item, ItemKind};
use crate::dim::input_error;
use crate::errors::Errors;
use crate::explain;

/// Reads the options as those of one `attention` that gives the promised features. A `context: [m, 512]` among them
/// declares a side input of that name.
pub(super) fn parse_body(
    network: &Ident,
    takes: &mut Input,
    gives: &AxesDecl,
    input: ParseStream,
    errors: &mut Errors,
) -> syn::Result<Body> {
    if !input.peek(Brace) {
        return Err(input_error(input, explain::attention_body_expected()));
    }
    let content;
    braced!(content in input);
    let output = gives.dims.last().cloned().map(Argument::One);
    let keyword = Ident::new("attention", network.span());
    let mut call = Call { keyword, sizes: output.into_iter().collect(), options: Vec::new() };
    while !content.is_empty() {
        match parse_option(&content, errors) {
            Ok(option) => {
                take_context(&option, takes, errors);
                call.options.push(option);
            }
            Err(error) => {
                call.sizes = vec![Argument::Unreadable(error.span())];
                errors.push(error);
                while !content.is_empty() && !content.peek(Token![,]) {
                    content.parse::<proc_macro2::TokenTree>()?;
                }
            }
        }
        if content.peek(Token![,]) {
            content.parse::<Token![,]>()?;
        } else if !content.is_empty() {
            errors.push(input_error(&content, explain::comma_between_options()));
            if !(content.peek(Ident) && content.peek2(Token![:])) {
                content.parse::<proc_macro2::TokenTree>()?;
            }
        }
    }
    Ok(Body { items: vec![Item { attributes: Vec::new(), name: None, kind: ItemKind::Bare(call) }] })
}

fn parse_option(input: ParseStream, errors: &mut Errors) -> syn::Result<Choice> {
    if !(input.peek(Ident) && input.peek2(Token![:])) {
        return Err(input_error(input, explain::attention_option_expected()));
    }
    Choice::parse(input, errors)
}

fn take_context(option: &Choice, takes: &mut Input, errors: &mut Errors) {
    let Value::Axes(axes, _) = &option.value else { return };
    if option.name != "context" {
        return;
    }
    if takes.sides.iter().any(|side| side.name == option.name) {
        errors.at(&option.name, explain::input_twice(&option.name));
    } else {
        takes.sides.push(SideDecl { name: option.name.clone(), axes: axes.clone() });
    }
}
