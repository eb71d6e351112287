//! One line of a body.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::token::{Brace, Bracket, Paren};
use syn::{Attribute, Ident, Lit, Path, Token, braced, bracketed, parenthesized};

use super::call::{Call, Choice};
use crate::dim::{Dim, input_error};
use crate::errors::Errors;
use crate::explain;
use crate::ops;

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
    /// The one op of an `attention!`: its matrices are fields of the struct.
    Bare(Call),
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
    /// Stands for what could not be read, so that the chain is not checked across it.
    fn unreadable() -> Self {
        Item { attributes: Vec::new(), name: None, kind: ItemKind::Unreadable }
    }

    /// What messages call this item: its name, or its keyword.
    pub(crate) fn title(&self) -> String {
        match (&self.name, &self.kind) {
            (Some(name), _) => name.unraw().to_string(),
            (None, ItemKind::Op(call) | ItemKind::Bare(call)) => call.keyword.to_string(),
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
            return Err(input_error(input, explain::body_expected()));
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
            Ok(item) if input.peek(Token![;]) => {
                errors.push(input_error(input, explain::semicolon_between_items(&item.title())));
                items.push(item);
                input.parse::<Token![;]>()?;
            }
            Ok(item) => {
                errors.push(input_error(input, explain::comma_between_items(&item.title())));
                items.push(item);
                if !starts_item(input) {
                    items.push(Item::unreadable());
                    skip_line(input)?;
                }
            }
            Err(error) => {
                errors.push(error);
                items.push(Item::unreadable());
                skip_line(input)?;
            }
        }
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(items)
}

/// Whether an item goes on here, with only the comma before it forgotten.
fn starts_item(input: ParseStream) -> bool {
    input.peek(Ident) || input.peek(Token![#]) || input.peek(Token![::])
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
    if input.peek(Token![pub]) {
        let visibility: syn::Visibility = input.parse()?;
        errors.at(&visibility, explain::item_has_no_pub());
    }
    let name = if input.peek(Ident::peek_any) && input.peek2(Token![:]) && !input.peek2(Token![::]) {
        let name = parse_name(input)?;
        input.parse::<Token![:]>()?;
        Some(name)
    } else {
        None
    };
    let kind = parse_kind(name.is_some(), input, errors)?;
    Ok(Item { attributes, name, kind })
}

fn parse_name(input: ParseStream) -> syn::Result<Ident> {
    let any: Ident = input.call(Ident::parse_any)?;
    match syn::parse_str::<Ident>(&any.to_string()) {
        Ok(_) => Ok(any),
        Err(_) => Err(syn::Error::new(any.span(), explain::name_is_keyword(&any))),
    }
}

fn parse_kind(named: bool, input: ParseStream, errors: &mut Errors) -> syn::Result<ItemKind> {
    if input.peek(Bracket) {
        return parse_stack(input, errors).map(ItemKind::Network);
    }
    if !(input.peek(Ident::peek_any) || input.peek(Token![::])) {
        return Err(input_error(input, explain::item_expected()));
    }
    if is_network(input) && !is_op_in_camel_case(named, input) {
        let path = parse_path(input)?;
        return Ok(ItemKind::Network(Target { path, count: None, options: parse_options(input, errors)? }));
    }
    let keyword: Ident = input.call(Ident::parse_any)?;
    let is_op = ops::find(&keyword.to_string()).is_some();
    match keyword.to_string().as_str() {
        "residual" => Ok(ItemKind::Residual { body: Body::parse(input, errors)?, keyword }),
        "fork" => parse_fork(keyword, input, errors),
        _ if input.peek(Paren) => {
            let content;
            parenthesized!(content in input);
            Call::parse_arguments(keyword, &content, errors).map(ItemKind::Op)
        }
        _ if !is_op && (input.peek(Ident) || input.peek(Token![=])) => {
            Err(input_error(input, explain::colon_after_name(&keyword)))
        }
        _ if is_op && (input.peek(Lit) || input.peek(Bracket) || input.peek(Brace)) => {
            Err(input_error(input, explain::round_brackets(&keyword)))
        }
        // What is in the brackets of an unknown op is anyone's guess.
        _ if input.peek(Bracket) || input.peek(Brace) => {
            input.parse::<proc_macro2::TokenTree>()?;
            Ok(ItemKind::Op(Call { keyword, sizes: Vec::new(), options: Vec::new() }))
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

/// `ReLU`, `fc: Linear(4 -> 8)`: meant as an op by all that is written. `head: Linear` may be a declared network.
fn is_op_in_camel_case(named: bool, input: ParseStream) -> bool {
    let fork = input.fork();
    let Ok(word) = fork.parse::<Ident>() else { return false };
    let plain = word.to_string().to_lowercase();
    let is_op = ops::all().any(|rule| rule.keyword.replace('_', "") == plain);
    is_op
        && if fork.peek(Paren) {
            !has_rename(&fork)
        } else {
            !named && (fork.is_empty() || fork.peek(Token![,]))
        }
}

fn has_rename(input: ParseStream) -> bool {
    let inside = input.cursor().group(proc_macro2::Delimiter::Parenthesis);
    inside.and_then(|(inside, ..)| inside.ident()).is_some_and(|(first, _)| first == "rename")
}

/// A declared network. `crate`, `self` and `super` start a path, but name no network.
fn parse_path(input: ParseStream) -> syn::Result<Path> {
    let path: Path = input.parse()?;
    match path.segments.last() {
        Some(last) if syn::parse_str::<Ident>(&last.ident.to_string()).is_err() => {
            Err(syn::Error::new(last.ident.span(), explain::not_a_network(&path)))
        }
        _ => Ok(path),
    }
}

fn parse_stack(input: ParseStream, errors: &mut Errors) -> syn::Result<Target> {
    let content;
    bracketed!(content in input);
    let (path, count) = to_the_end(&content, |content| {
        let path = parse_path(content)?;
        if let Some(word) = path.get_ident()
            && ops::find(&word.to_string()).is_some()
        {
            return Err(syn::Error::new(word.span(), explain::stack_of_op(&path)));
        }
        if !content.peek(Token![;]) {
            return Err(input_error(content, explain::stack_count_missing(&path)));
        }
        content.parse::<Token![;]>()?;
        let count: Dim = content.parse()?;
        if content.is_empty() {
            Ok((path, count))
        } else {
            Err(input_error(content, explain::stack_count_missing(&path)))
        }
    })?;
    Ok(Target { path, count: Some(count), options: parse_options(input, errors)? })
}

/// `(rename: "…")` after a network's path. An option that can't be read is reported and skipped.
fn parse_options(input: ParseStream, errors: &mut Errors) -> syn::Result<Vec<Choice>> {
    let mut options = Vec::new();
    if input.peek(Paren) {
        let content;
        parenthesized!(content in input);
        while !content.is_empty() {
            match parse_option(&content, errors) {
                Ok(option) => options.push(option),
                Err(error) => errors.push(error),
            }
            skip_line(&content)?;
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
    }
    Ok(options)
}

fn parse_option(input: ParseStream, errors: &mut Errors) -> syn::Result<Choice> {
    if !input.peek(Ident) {
        return Err(input_error(input, explain::network_option_expected()));
    }
    let option = Choice::parse(input, errors)?;
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(option);
    }
    Err(input_error(input, explain::comma_between_options()))
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
        if content.is_empty() { Ok(join) } else { Err(input_error(content, explain::fork_join_missing())) }
    })?;
    if !input.peek(Brace) {
        return Err(input_error(input, explain::body_expected()));
    }
    let content;
    braced!(content in input);
    let mut branches = Vec::new();
    while !content.is_empty() {
        let mut title = None;
        match parse_branch(&content, errors) {
            Ok(branch) => {
                title = Some(branch.name.to_string());
                branches.push(branch);
            }
            Err(error) => {
                errors.push(error);
                skip_line(&content)?;
            }
        }
        if content.peek(Token![,]) {
            content.parse::<Token![,]>()?;
        } else if !content.is_empty() {
            errors.push(input_error(&content, explain::comma_between_items(&title.unwrap_or_default())));
            if !content.peek(Ident) {
                skip_line(&content)?;
            }
        }
    }
    Ok(ItemKind::Fork { keyword, join, branches })
}

fn parse_branch(input: ParseStream, errors: &mut Errors) -> syn::Result<Branch> {
    if !(input.peek(Ident) && input.peek2(Token![:])) {
        return Err(input_error(input, explain::branch_expected()));
    }
    let name = input.parse()?;
    input.parse::<Token![:]>()?;
    if !input.peek(Brace) {
        return Err(input_error(input, explain::branch_expected()));
    }
    Ok(Branch { name, body: Body::parse(input, errors)? })
}

/// The place of an item to blame if nothing better is written: its keyword or its path.
impl ItemKind {
    pub(crate) fn span(&self) -> Span {
        match self {
            ItemKind::Op(call) | ItemKind::Bare(call) => call.keyword.span(),
            ItemKind::Network(target) => {
                target.path.segments.last().map_or_else(Span::call_site, |s| s.ident.span())
            }
            ItemKind::Residual { keyword, .. } | ItemKind::Fork { keyword, .. } => keyword.span(),
            ItemKind::Unreadable => Span::call_site(),
        }
    }
}
