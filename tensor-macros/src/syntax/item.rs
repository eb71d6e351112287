//! One line of a body.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::token::{Brace, Bracket, Paren};
use syn::{Attribute, Ident, Path, Token, braced, bracketed, parenthesized};

use super::call::{Call, Choice};
use crate::dim::Dim;
use crate::errors::Errors;
use crate::explain;

/// The items between a pair of braces.
pub(crate) struct Body {
    pub(crate) items: Vec<Item>,
}

/// One item.
pub(crate) struct Item {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) name: Option<Ident>,
    pub(crate) kind: ItemKind,
}

/// What an item is.
pub(crate) enum ItemKind {
    Op(Call),
    Network(Target),
    Residual {
        keyword: Ident,
        body: Body,
    },
    Fork {
        keyword: Ident,
        join: Ident,
        branches: Vec<Branch>,
    },
    /// A line that could not be read; reported already.
    Unreadable,
}

/// Another declared network, or some in a row.
pub(crate) struct Target {
    pub(crate) path: Path,
    pub(crate) count: Option<Dim>,
    pub(crate) options: Vec<Choice>,
}

/// A branch of a fork.
pub(crate) struct Branch {
    pub(crate) name: Ident,
    pub(crate) body: Body,
}

impl Item {
    /// What messages call this item: its name, or its keyword.
    pub(crate) fn title(&self) -> String {
        match (&self.name, &self.kind) {
            (Some(name), _) => name.unraw().to_string(),
            (None, ItemKind::Op(call)) => call.keyword.to_string(),
            (None, ItemKind::Network(target)) => last_segment(&target.path),
            (None, ItemKind::Residual { .. }) => "residual".to_owned(),
            (None, ItemKind::Fork { .. }) => "fork".to_owned(),
            (None, ItemKind::Unreadable) => "…".to_owned(),
        }
    }
}

pub(crate) fn last_segment(path: &Path) -> String {
    path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
}

impl Body {
    pub(super) fn parse(input: ParseStream, errors: &mut Errors) -> syn::Result<Body> {
        if !input.peek(Brace) {
            return Err(input.error(explain::body_expected()));
        }
        let content;
        braced!(content in input);
        let items = parse_items(&content, errors)?;
        Ok(Body { items })
    }
}

fn parse_items(input: ParseStream, errors: &mut Errors) -> syn::Result<Vec<Item>> {
    let mut items = Vec::new();
    while !input.is_empty() {
        match parse_item(input, errors) {
            Ok(item) if input.is_empty() || input.peek(Token![,]) => items.push(item),
            Ok(item) => {
                errors.push(input.error(explain::comma_between_items(&item.title())));
                items.push(item);
                skip_line(input)?;
            }
            Err(error) => {
                errors.push(error);
                items.push(Item { attributes: Vec::new(), name: None, kind: ItemKind::Unreadable });
                skip_line(input)?;
            }
        }
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(items)
}

/// Skips to the next comma; commas in brackets are inside one token tree.
fn skip_line(input: ParseStream) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

/// Parses what stands in brackets. After a mistake the rest is skipped, or syn would report it as unexpected.
fn to_the_end<T>(content: ParseStream, parse: impl FnOnce(ParseStream) -> syn::Result<T>) -> syn::Result<T> {
    let parsed = parse(content);
    content.parse::<proc_macro2::TokenStream>()?;
    parsed
}

fn parse_item(input: ParseStream, errors: &mut Errors) -> syn::Result<Item> {
    let attributes = input.call(Attribute::parse_outer)?;
    let name = if input.peek(Ident::peek_any) && input.peek2(Token![:]) && !input.peek2(Token![::]) {
        let name = parse_name(input)?;
        input.parse::<Token![:]>()?;
        Some(name)
    } else {
        None
    };
    let kind = parse_kind(input, errors)?;
    Ok(Item { attributes, name, kind })
}

fn parse_name(input: ParseStream) -> syn::Result<Ident> {
    let any: Ident = input.call(Ident::parse_any)?;
    match syn::parse_str::<Ident>(&any.to_string()) {
        Ok(_) => Ok(any),
        Err(_) => Err(syn::Error::new(any.span(), explain::name_is_keyword(&any))),
    }
}

fn parse_kind(input: ParseStream, errors: &mut Errors) -> syn::Result<ItemKind> {
    if input.peek(Bracket) {
        return parse_stack(input).map(ItemKind::Network);
    }
    if !(input.peek(Ident::peek_any) || input.peek(Token![::])) {
        return Err(input.error(explain::item_expected()));
    }
    if is_network(input) {
        let path: Path = input.parse()?;
        return Ok(ItemKind::Network(Target { path, count: None, options: parse_options(input)? }));
    }
    let keyword: Ident = input.call(Ident::parse_any)?;
    match keyword.to_string().as_str() {
        "residual" => Ok(ItemKind::Residual { body: Body::parse(input, errors)?, keyword }),
        "fork" => parse_fork(keyword, input, errors),
        _ if input.peek(Paren) => {
            let content;
            parenthesized!(content in input);
            Call::parse_arguments(keyword, &content, errors).map(ItemKind::Op)
        }
        _ => Ok(ItemKind::Op(Call { keyword, sizes: Vec::new(), options: Vec::new() })),
    }
}

/// A declared network is CamelCase, or a path; an op is one lower-case word.
fn is_network(input: ParseStream) -> bool {
    let fork = input.fork();
    if fork.peek(Token![::]) {
        return true;
    }
    match fork.call(Ident::parse_any) {
        Ok(first) => first.to_string().starts_with(char::is_uppercase) || fork.peek(Token![::]),
        Err(_) => false,
    }
}

fn parse_stack(input: ParseStream) -> syn::Result<Target> {
    let content;
    bracketed!(content in input);
    let (path, count) = to_the_end(&content, |content| {
        let path: Path = content.parse()?;
        if !content.peek(Token![;]) {
            return Err(content.error(explain::stack_count_missing(&path)));
        }
        content.parse::<Token![;]>()?;
        let count: Dim = content.parse()?;
        if content.is_empty() {
            Ok((path, count))
        } else {
            Err(content.error(explain::stack_count_missing(&path)))
        }
    })?;
    Ok(Target { path, count: Some(count), options: parse_options(input)? })
}

/// `(rename: "…")` after a network's path.
fn parse_options(input: ParseStream) -> syn::Result<Vec<Choice>> {
    let mut options = Vec::new();
    if input.peek(Paren) {
        let content;
        parenthesized!(content in input);
        let list = to_the_end(&content, |content| content.parse_terminated(Choice::parse, Token![,]))?;
        options.extend(list);
    }
    Ok(options)
}

fn parse_fork(keyword: Ident, input: ParseStream, errors: &mut Errors) -> syn::Result<ItemKind> {
    if !input.peek(Paren) {
        return Err(syn::Error::new(keyword.span(), explain::fork_join_missing()));
    }
    let content;
    parenthesized!(content in input);
    let join = to_the_end(&content, |content| {
        let join: Ident =
            content.parse().map_err(|_| syn::Error::new(keyword.span(), explain::fork_join_missing()))?;
        if content.is_empty() { Ok(join) } else { Err(content.error(explain::fork_join_missing())) }
    })?;
    if !input.peek(Brace) {
        return Err(input.error(explain::body_expected()));
    }
    let content;
    braced!(content in input);
    let mut branches = Vec::new();
    while !content.is_empty() {
        match parse_branch(&content, errors) {
            Ok(branch) => branches.push(branch),
            Err(error) => {
                errors.push(error);
                skip_line(&content)?;
            }
        }
        if content.peek(Token![,]) {
            content.parse::<Token![,]>()?;
        } else if !content.is_empty() {
            errors.push(content.error(explain::comma_between_items("the branch")));
            skip_line(&content)?;
        }
    }
    Ok(ItemKind::Fork { keyword, join, branches })
}

fn parse_branch(input: ParseStream, errors: &mut Errors) -> syn::Result<Branch> {
    if !(input.peek(Ident) && input.peek2(Token![:])) {
        return Err(input.error(explain::branch_expected()));
    }
    let name = input.parse()?;
    input.parse::<Token![:]>()?;
    if !input.peek(Brace) {
        return Err(input.error(explain::branch_expected()));
    }
    Ok(Branch { name, body: Body::parse(input, errors)? })
}

/// The place of an item to blame if nothing better is written: its keyword or its path.
impl ItemKind {
    pub(crate) fn span(&self) -> Span {
        match self {
            ItemKind::Op(call) => call.keyword.span(),
            ItemKind::Network(target) => {
                target.path.segments.last().map_or_else(Span::call_site, |s| s.ident.span())
            }
            ItemKind::Residual { keyword, .. } | ItemKind::Fork { keyword, .. } => keyword.span(),
            ItemKind::Unreadable => Span::call_site(),
        }
    }
}
