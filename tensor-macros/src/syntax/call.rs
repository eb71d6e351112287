//! An op as written: `linear(4 -> 8, bias: false)`.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::token::{Bracket, Paren};
use syn::{Ident, Lit, LitFloat, LitStr, Token, parenthesized};

use super::axes::AxesDecl;
use crate::dim::{Dim, input_error};
use crate::errors::Errors;
use crate::explain;

/// `keyword` or `keyword(arguments)`.
pub(crate) struct Call {
    pub(crate) keyword: Ident,
    pub(crate) sizes: Vec<Argument>,
    pub(crate) options: Vec<Choice>,
}

/// An argument without a name.
pub(crate) enum Argument {
    /// `8`
    One(Dim),
    /// `4 -> 8`
    Both(Dim, Dim),
    /// `0.1`
    Number(LitFloat),
    /// What could not be read; reported already.
    Unreadable(Span),
}

/// `option: value`
pub(crate) struct Choice {
    pub(crate) name: Ident,
    pub(crate) value: Value,
}

/// The value of an option.
pub(crate) enum Value {
    Bool(bool, Span),
    Text(LitStr),
    /// A number that is not a size: `0.1`, `1e-5`, `-1`.
    Number(f64, Span),
    /// A size, or a single word.
    Dim(Dim),
    /// `[8, 4]`
    Axes(AxesDecl, Span),
    /// `window(128)`
    Call(Ident, Vec<Dim>),
}

impl Value {
    pub(crate) fn span(&self) -> Span {
        match self {
            Value::Bool(_, span) | Value::Number(_, span) => *span,
            Value::Text(text) => text.span(),
            Value::Dim(dim) => dim.span(),
            Value::Axes(_, span) => *span,
            Value::Call(word, _) => word.span(),
        }
    }
}

impl Call {
    /// The arguments, after the keyword and in its brackets.
    ///
    /// An argument that can't be read is reported and skipped.
    pub(super) fn parse_arguments(
        keyword: Ident,
        input: ParseStream,
        errors: &mut Errors,
    ) -> syn::Result<Self> {
        let mut call = Call { keyword, sizes: Vec::new(), options: Vec::new() };
        while !input.is_empty() {
            if let Err(error) = call.parse_argument(input, errors) {
                call.sizes.push(Argument::Unreadable(error.span()));
                errors.push(error);
                while !input.is_empty() && !input.peek(Token![,]) {
                    input.parse::<proc_macro2::TokenTree>()?;
                }
            }
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(call)
    }

    fn parse_argument(&mut self, input: ParseStream, errors: &mut Errors) -> syn::Result<()> {
        if input.peek(Ident) && input.peek2(Token![:]) && !input.peek2(Token![::]) {
            self.options.push(Choice::parse(input, errors)?);
        } else if self.lacks_colon(input) {
            let name: Ident = input.parse()?;
            return Err(input_error(input, explain::option_colon(&name)));
        } else {
            self.sizes.push(input.parse()?);
        }
        if input.is_empty() || input.peek(Token![,]) {
            return Ok(());
        }
        Err(input_error(input, explain::unexpected_in_brackets(&self.keyword)))
    }

    /// `eps 1e-5`, `eps = 1e-5`: an option of this op without its colon.
    fn lacks_colon(&self, input: ParseStream) -> bool {
        let rule = crate::ops::find(&self.keyword.to_string());
        let is_option =
            |name: Ident| rule.is_some_and(|rule| rule.options.contains(&name.to_string().as_str()));
        (input.peek2(Lit) || input.peek2(Token![=])) && input.fork().parse().is_ok_and(is_option)
    }

    /// Whether a mistake in the arguments is reported already.
    pub(crate) fn is_unreadable(&self) -> bool {
        self.sizes.iter().any(|size| matches!(size, Argument::Unreadable(_)))
    }
}

impl Parse for Argument {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if input.peek(LitFloat) && !input.peek2(Token![->]) {
            return Ok(Argument::Number(input.parse()?));
        }
        let first: Dim = input.parse()?;
        if input.peek(Token![->]) {
            input.parse::<Token![->]>()?;
            return Ok(Argument::Both(first, input.parse()?));
        }
        if input.peek(Token![=>]) || input.peek(Token![>]) {
            return Err(input_error(input, explain::arrow_misspelt()));
        }
        if input.is_empty() || input.peek(Token![,]) {
            Ok(Argument::One(first))
        } else {
            Err(input_error(input, explain::arrow_missing(&first)))
        }
    }
}

impl Choice {
    /// An option; mistakes in it that can be read over are reported.
    pub(super) fn parse(input: ParseStream, errors: &mut Errors) -> syn::Result<Self> {
        let name: Ident = input.parse()?;
        if !input.peek(Token![:]) {
            return Err(input_error(input, explain::option_colon(&name)));
        }
        input.parse::<Token![:]>()?;
        Ok(Choice { name, value: Value::parse(input, errors)? })
    }
}

impl Value {
    fn parse(input: ParseStream, errors: &mut Errors) -> syn::Result<Self> {
        if input.peek(Bracket) {
            let span = input.span();
            return Ok(Value::Axes(AxesDecl::parse(input, errors)?, span));
        }
        if input.peek(Ident) && input.peek2(Paren) {
            let word = input.parse()?;
            let content;
            parenthesized!(content in input);
            let dims = content.parse_terminated(Dim::parse, Token![,])?;
            return Ok(Value::Call(word, dims.into_iter().collect()));
        }
        if input.peek(syn::LitBool) {
            let value: syn::LitBool = input.parse()?;
            return Ok(Value::Bool(value.value, value.span));
        }
        if input.peek(LitStr) {
            return Ok(Value::Text(input.parse()?));
        }
        if input.peek(Token![-]) {
            let minus: Token![-] = input.parse()?;
            return match input.parse()? {
                Lit::Int(value) => Ok(Value::Number(-value.base10_parse::<f64>()?, minus.span)),
                Lit::Float(value) => Ok(Value::Number(-value.base10_parse::<f64>()?, minus.span)),
                other => Err(syn::Error::new(other.span(), explain::value_expected())),
            };
        }
        if input.peek(LitFloat) {
            let value: LitFloat = input.parse()?;
            return Ok(Value::Number(value.base10_parse()?, value.span()));
        }
        Ok(Value::Dim(input.parse()?))
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Bool(value, _) => write!(f, "{value}"),
            Value::Text(text) => write!(f, "{}", text.token()),
            Value::Number(value, _) => write!(f, "{value:?}"),
            Value::Dim(dim) => write!(f, "{dim}"),
            Value::Axes(axes, _) => write!(f, "{axes}"),
            Value::Call(word, dims) => {
                let dims: Vec<String> = dims.iter().map(ToString::to_string).collect();
                write!(f, "{word}({})", dims.join(", "))
            }
        }
    }
}

/// What the value is, if it is of that kind.
impl Value {
    /// A single word, such as `causal`.
    pub(crate) fn as_word(&self) -> Option<String> {
        self.as_dim()?.lone_name()?.get_ident().map(|word| word.unraw().to_string())
    }

    pub(crate) fn as_dim(&self) -> Option<&Dim> {
        match self {
            Value::Dim(dim) => Some(dim),
            _ => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value, _) => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn as_number(&self) -> Option<f64> {
        match self {
            Value::Number(value, _) => Some(*value),
            Value::Dim(dim) => dim.as_integer().map(|value| value as f64),
            _ => None,
        }
    }

    pub(crate) fn as_text(&self) -> Option<String> {
        match self {
            Value::Text(text) => Some(text.value()),
            _ => None,
        }
    }
}

impl Argument {
    pub(crate) fn span(&self) -> Span {
        match self {
            Argument::One(dim) | Argument::Both(dim, _) => dim.span(),
            Argument::Number(number) => number.span(),
            Argument::Unreadable(span) => *span,
        }
    }

    /// The size that it gives.
    pub(crate) fn last_dim(&self) -> Option<&Dim> {
        match self {
            Argument::One(dim) | Argument::Both(_, dim) => Some(dim),
            Argument::Number(_) | Argument::Unreadable(_) => None,
        }
    }
}

impl std::fmt::Display for Argument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Argument::One(dim) => write!(f, "{dim}"),
            Argument::Both(input, output) => write!(f, "{input} -> {output}"),
            Argument::Number(number) => write!(f, "{number}"),
            Argument::Unreadable(_) => write!(f, "…"),
        }
    }
}

/// As written, with even spacing.
impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let options = self.options.iter().map(|choice| format!("{}: {}", choice.name, choice.value));
        let arguments: Vec<String> = self.sizes.iter().map(Argument::to_string).chain(options).collect();
        match arguments.as_slice() {
            [] => write!(f, "{}", self.keyword),
            arguments => write!(f, "{}({})", self.keyword, arguments.join(", ")),
        }
    }
}

impl Call {
    /// The call with a place for the size that it takes.
    pub(crate) fn with_input_size(&self) -> String {
        match self.sizes.first() {
            Some(Argument::One(output)) if !self.has_width() => self.with_input(&format!("… -> {output}")),
            _ => self.with_input("…"),
        }
    }

    /// The call as written, but taking `input`.
    pub(crate) fn with_input(&self, input: &str) -> String {
        let (mut sizes, mut width) = (input.to_owned(), String::new());
        match self.sizes.first() {
            Some(Argument::Both(_, output)) => sizes = format!("{input} -> {output}"),
            Some(most) if self.has_width() => {
                (sizes, width) = (most.to_string(), format!(", width: {input}"))
            }
            _ => {}
        }
        let others = self.options.iter().filter(|choice| !self.has_width() || choice.name != "width");
        let others = others.map(|choice| format!(", {}: {}", choice.name, choice.value));
        format!("{}({sizes}{width}{})", self.keyword, others.collect::<String>())
    }

    /// Whether it has an option for what it takes.
    fn has_width(&self) -> bool {
        self.keyword == "positional"
    }
}
