//! `pub struct Name<const A: usize> : input -> output where … { … }`.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};
use syn::token::{Brace, Bracket, Paren};
use syn::{Attribute, Ident, Token, Visibility, parenthesized};

use super::attention;
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
    /// All words that begin with a capital, as names of constants and types do.
    pub(crate) words: BTreeSet<String>,
}

/// Which macro a declaration stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `layer!`: the body is a list of items.
    Layer,
    /// `attention!`: the body is the options of one `attention`, whose matrices are the struct's fields.
    Attention,
}

/// What a network takes: `[seq, 384]`, `ids[seq]`, or several of these by name, the main one first.
pub(crate) struct Input {
    pub(crate) main: AxesDecl,
    /// The main input's name, where there are several.
    pub(crate) name: Option<Ident>,
    pub(crate) sides: Vec<SideDecl>,
}

/// A side input: `mask: [seq]`.
pub(crate) struct SideDecl {
    pub(crate) name: Ident,
    pub(crate) axes: AxesDecl,
}

impl Input {
    fn parse(input: ParseStream, errors: &mut Errors) -> syn::Result<Self> {
        if !(input.peek(Paren) && names_axes(input)) {
            return Ok(Input { main: AxesDecl::parse(input, errors)?, name: None, sides: Vec::new() });
        }
        let content;
        parenthesized!(content in input);
        let mut named: Vec<SideDecl> = Vec::new();
        while !content.is_empty() {
            if !(content.peek(Ident) && content.peek2(Token![:])) {
                return Err(input_error(&content, explain::named_axes_expected()));
            }
            let name: Ident = content.parse()?;
            content.parse::<Token![:]>()?;
            let axes = AxesDecl::parse(&content, errors)?;
            if named.iter().any(|other| other.name == name) {
                errors.at(&name, explain::input_twice(&name));
            } else {
                named.push(SideDecl { name, axes });
            }
            if !content.is_empty() {
                if content.peek(Token![,]) {
                    content.parse::<Token![,]>()?;
                } else {
                    return Err(input_error(&content, explain::comma_between_inputs()));
                }
            }
        }
        let main = named.remove(0);
        Ok(Input { main: main.axes, name: Some(main.name), sides: named })
    }
}

/// Whether brackets hold inputs by name: `(x: [seq, 384], …)`.
fn names_axes(input: ParseStream) -> bool {
    let inside = input.cursor().group(proc_macro2::Delimiter::Parenthesis);
    let Some((_, rest)) = inside.and_then(|(inside, ..)| inside.ident()) else { return false };
    rest.punct().is_some_and(|(punct, _)| punct.as_char() == ':')
}

/// As written, with even spacing.
impl std::fmt::Display for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(name) = &self.name else { return write!(f, "{}", self.main) };
        write!(f, "({name}: {}", self.main)?;
        for SideDecl { name, axes } in &self.sides {
            write!(f, ", {name}: {axes}")?;
        }
        write!(f, ")")
    }
}

/// Parses a declaration. What cannot be read is reported; `None` if no struct can be made of it.
pub(crate) fn parse(form: Form, input: TokenStream, errors: &mut Errors) -> Option<Declaration> {
    let mut found = Errors::default();
    let parsed = (|input: ParseStream| Declaration::parse(form, input, &mut found)).parse2(input);
    errors.append(found);
    parsed.map_err(|error| errors.push(error)).ok()
}

impl Declaration {
    fn parse(form: Form, input: ParseStream, errors: &mut Errors) -> syn::Result<Self> {
        let mut words = BTreeSet::new();
        collect_words(input.cursor().token_stream(), &mut words);
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
        let mut takes = Input::parse(input, errors)?;
        parse_arrow(input, &takes, errors)?;
        let span = input.span();
        let output = AxesDecl::parse(input, errors)?;
        if output.ids {
            errors.at_span(span, explain::ids_promised());
        }
        let relations = parse_relations(input, errors)?;
        let body = match form {
            Form::Layer => Body::parse(input, errors)?,
            Form::Attention => attention::parse_body(&name, &mut takes, &output, input, errors)?,
        };
        if !input.is_empty() {
            errors.push(input_error(input, explain::after_declaration()));
            input.parse::<TokenStream>()?;
        }
        Ok(Declaration {
            attributes,
            visibility,
            name,
            parameters,
            input: takes,
            output,
            relations,
            body,
            words,
        })
    }
}

fn collect_words(tokens: TokenStream, words: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(word) => {
                let word = word.to_string();
                if word.starts_with(char::is_uppercase) {
                    words.insert(word);
                }
            }
            TokenTree::Group(group) => collect_words(group.stream(), words),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
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
        input_error(input, explain::signature_arrow_missing(axes))
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
