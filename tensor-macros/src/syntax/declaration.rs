//! `pub struct Name<const A: usize> : input -> output where … { … }`.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream, Parser};
use syn::token::{Brace, Bracket};
use syn::{Attribute, Ident, Token, Visibility};

use super::axes::AxesDecl;
use super::item::Body;
use crate::dim::{Relation, input_error};
use crate::errors::Errors;
use crate::explain;

/// A declared network.
pub(crate) struct Declaration {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) name: Ident,
    pub(crate) parameters: Vec<Ident>,
    pub(crate) input: Input,
    pub(crate) output: AxesDecl,
    pub(crate) relations: Vec<Relation>,
    pub(crate) body: Body,
}

/// What a network takes.
pub(crate) enum Input {
    /// `[seq, 384]`
    Axes(AxesDecl),
}

impl Input {
    pub(crate) fn axes(&self) -> &AxesDecl {
        match self {
            Input::Axes(axes) => axes,
        }
    }
}

/// Parses a declaration. What cannot be read is reported; `None` if no struct can be made of it.
pub(crate) fn parse(input: TokenStream, errors: &mut Errors) -> Option<Declaration> {
    let mut found = Errors::default();
    let parsed = (|input: ParseStream| Declaration::parse(input, &mut found)).parse2(input);
    errors.append(found);
    parsed.map_err(|error| errors.push(error)).ok()
}

impl Declaration {
    fn parse(input: ParseStream, errors: &mut Errors) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if !input.peek(Token![struct]) {
            return Err(input_error(input, explain::struct_expected()));
        }
        input.parse::<Token![struct]>()?;
        let name: Ident = input.parse()?;
        let parameters = parse_parameters(input, errors)?;
        if !input.peek(Token![:]) {
            return Err(input_error(input, explain::signature_expected(&name)));
        }
        input.parse::<Token![:]>()?;
        let input_axes = Input::Axes(AxesDecl::parse(input, errors)?);
        parse_arrow(input, &input_axes, errors)?;
        let output = AxesDecl::parse(input, errors)?;
        let relations = parse_relations(input, errors)?;
        let body = Body::parse(input, errors)?;
        if !input.is_empty() {
            errors.push(input_error(input, explain::after_declaration()));
            input.parse::<TokenStream>()?;
        }
        Ok(Declaration {
            attributes,
            visibility,
            name,
            parameters,
            input: input_axes,
            output,
            relations,
            body,
        })
    }
}

fn parse_parameters(input: ParseStream, errors: &mut Errors) -> syn::Result<Vec<Ident>> {
    let mut parameters = Vec::new();
    if !input.peek(Token![<]) {
        return Ok(parameters);
    }
    input.parse::<Token![<]>()?;
    while !input.peek(Token![>]) {
        if !input.peek(Token![const]) {
            return Err(input_error(input, explain::const_parameter_expected()));
        }
        input.parse::<Token![const]>()?;
        let name: Ident = input.parse()?;
        input.parse::<Token![:]>()?;
        let kind: syn::Type = input.parse()?;
        if !matches!(&kind, syn::Type::Path(path) if path.path.is_ident("usize")) {
            return Err(syn::Error::new_spanned(&kind, explain::parameter_not_usize(&name)));
        }
        if parameters.contains(&name) {
            errors.at(&name, explain::parameter_twice(&name));
        } else {
            parameters.push(name);
        }
        if !input.peek(Token![>]) {
            input.parse::<Token![,]>()?;
        }
    }
    input.parse::<Token![>]>()?;
    Ok(parameters)
}

/// The arrow of the signature. One that is missing or misspelt is reported, and read as if it stood there.
fn parse_arrow(input: ParseStream, axes: &Input, errors: &mut Errors) -> syn::Result<()> {
    if input.peek(Token![->]) {
        return input.parse::<Token![->]>().map(drop);
    }
    let error = if input.peek(Token![=>]) {
        let arrow: Token![=>] = input.parse()?;
        syn::Error::new_spanned(arrow, explain::signature_arrow_misspelt())
    } else {
        input_error(input, explain::signature_arrow_missing(&axes.axes().dims))
    };
    if input.peek(Bracket) {
        errors.push(error);
        return Ok(());
    }
    Err(error)
}

fn parse_relations(input: ParseStream, errors: &mut Errors) -> syn::Result<Vec<Relation>> {
    let mut relations = Vec::new();
    if !input.peek(Token![where]) {
        return Ok(relations);
    }
    input.parse::<Token![where]>()?;
    while !input.is_empty() && !input.peek(Brace) {
        match Relation::parse(input) {
            Ok(relation) => relations.push(relation),
            Err(error) => {
                errors.push(error);
                while !input.is_empty() && !input.peek(Token![,]) && !input.peek(Brace) {
                    input.parse::<proc_macro2::TokenTree>()?;
                }
            }
        }
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
        } else if !input.peek(Brace) {
            return Err(input_error(input, explain::comma_between_relations()));
        }
    }
    Ok(relations)
}
