//! `"file.safetensors" => Network, prefix: "bert.", rename: ["gamma" => "weight"], ignore: ["pooler.*"]`.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Token, Type, bracketed};

use crate::dim::input_error;
use crate::errors::Errors;
use crate::explain;

/// What was asked for.
pub(crate) struct Asked {
    pub(crate) file: LitStr,
    pub(crate) network: Type,
    pub(crate) prefix: Option<LitStr>,
    pub(crate) rename: Vec<Rename>,
    pub(crate) ignore: Vec<LitStr>,
}

/// `"gamma" => "weight"`
pub(crate) struct Rename {
    pub(crate) theirs: LitStr,
    pub(crate) ours: LitStr,
}

pub(crate) const OPTIONS: [&str; 3] = ["prefix", "rename", "ignore"];

/// What was written; nothing if that can't be read.
pub(super) fn parse(input: TokenStream, errors: &mut Errors) -> Option<Asked> {
    let parsed = syn::parse::Parser::parse2(
        |input: ParseStream| {
            let asked = read(input, errors);
            input.parse::<TokenStream>()?; // or syn would report it as unexpected
            Ok(asked)
        },
        input,
    );
    match parsed {
        Ok(Ok(asked)) => Some(asked),
        Ok(Err(error)) | Err(error) => {
            errors.push(error);
            None
        }
    }
}

fn read(input: ParseStream, errors: &mut Errors) -> syn::Result<Asked> {
    if !input.peek(LitStr) {
        return Err(input_error(input, explain::weights_file_expected()));
    }
    let file: LitStr = input.parse()?;
    if !input.peek(Token![=>]) {
        return Err(input_error(input, explain::weights_arrow_expected(&file.value())));
    }
    input.parse::<Token![=>]>()?;
    let network: Type =
        input.parse().map_err(|error| syn::Error::new(error.span(), explain::weights_network_expected()))?;
    let mut asked = Asked { file, network, prefix: None, rename: Vec::new(), ignore: Vec::new() };
    let mut seen: Vec<Ident> = Vec::new();
    while !input.is_empty() {
        if !input.peek(Token![,]) {
            return Err(input_error(input, explain::weights_comma_expected()));
        }
        input.parse::<Token![,]>()?;
        if input.is_empty() {
            break;
        }
        let name = input
            .call(Ident::parse_any)
            .map_err(|error| syn::Error::new(error.span(), explain::weights_option_expected()))?;
        let known = OPTIONS.contains(&name.to_string().as_str());
        if !known || !input.peek(Token![:]) {
            return Err(syn::Error::new(name.span(), explain::weights_option_unknown(&name)));
        }
        input.parse::<Token![:]>()?;
        if seen.contains(&name) {
            errors.at(&name, explain::option_twice(&name.to_string()));
        }
        match name.to_string().as_str() {
            "prefix" => asked.prefix = Some(text(input, &name)?),
            "rename" => asked.rename = list(input, &name)?,
            _ => asked.ignore = list(input, &name)?,
        }
        seen.push(name);
    }
    Ok(asked)
}

fn text(input: ParseStream, option: &Ident) -> syn::Result<LitStr> {
    input
        .parse()
        .map_err(|error: syn::Error| syn::Error::new(error.span(), explain::weights_option_form(option)))
}

fn list<T: Parse>(input: ParseStream, option: &Ident) -> syn::Result<Vec<T>> {
    let parsed = (|| {
        let content;
        bracketed!(content in input);
        let list = content.parse_terminated(T::parse, Token![,]);
        content.parse::<TokenStream>()?;
        list
    })();
    let form = |error: syn::Error| syn::Error::new(error.span(), explain::weights_option_form(option));
    Ok(parsed.map_err(form)?.into_iter().collect())
}

impl Parse for Rename {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let theirs: LitStr = input.parse()?;
        input.parse::<Token![=>]>()?;
        Ok(Rename { theirs, ours: input.parse()? })
    }
}

impl ToTokens for Rename {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Rename { theirs, ours } = self;
        tokens.extend(quote::quote!((#theirs, #ours)));
    }
}
