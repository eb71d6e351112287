//! The grammar of a dim, and the sentences for what is no dim.
//!
//! `syn::Expr` would take far more than a dim, and the `-` of `->` with it; so this is a small parser of its own.

use proc_macro2::{Delimiter, Span, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Error, Ident, Lit, LitFloat, LitInt, LitStr, Path, Result, Token};

use super::expr::{Dim, Node, Operator, path_text};

const EXAMPLES: &str = "write a number, a const or an axis, such as `8`, `WIDTH` or `seq`";

/// `product (+ product | - product)…`, left associative. It ends before the first token that can't go on with it.
impl Parse for Dim {
    fn parse(input: ParseStream) -> Result<Dim> {
        let mut dim = product(input)?;
        while let Some((operator, span)) = sum_sign(input)? {
            dim = Dim::operation(operator, span, dim, product(input)?);
        }
        Ok(dim)
    }
}

fn product(input: ParseStream) -> Result<Dim> {
    let mut dim = operand(input)?;
    while let Some((operator, span)) = product_sign(input)? {
        dim = Dim::operation(operator, span, dim, operand(input)?);
    }
    Ok(dim)
}

fn sum_sign(input: ParseStream) -> Result<Option<(Operator, Span)>> {
    if input.peek(Token![+]) {
        Ok(Some((Operator::Add, input.parse::<Token![+]>()?.span)))
    } else if input.peek(Token![-]) && !input.peek2(Token![>]) {
        Ok(Some((Operator::Subtract, input.parse::<Token![-]>()?.span)))
    } else {
        Ok(None)
    }
}

fn product_sign(input: ParseStream) -> Result<Option<(Operator, Span)>> {
    if input.peek(Token![*]) {
        Ok(Some((Operator::Multiply, input.parse::<Token![*]>()?.span)))
    } else if input.peek(Token![/]) {
        Ok(Some((Operator::Divide, input.parse::<Token![/]>()?.span)))
    } else {
        Ok(None)
    }
}

fn operand(input: ParseStream) -> Result<Dim> {
    if input.cursor().group(Delimiter::None).is_some() {
        invisible_group(input)
    } else if input.peek(syn::token::Paren) {
        let content;
        let span = syn::parenthesized!(content in input).span.open();
        let inner = whole(&content);
        // Or syn would report the rest once more.
        content.parse::<proc_macro2::TokenStream>()?;
        let inner = Box::new(inner?);
        Ok(Dim { node: Node::Brackets { span, inner } })
    } else if input.peek(Token![-]) && !input.peek2(Token![>]) {
        Err(input_error(input, "a size can't be negative"))
    } else if input.peek(Lit) {
        literal(input.parse()?)
    } else if input.peek(Token![Self]) {
        Err(input_error(input, "`Self` can't stand in a size: write the const's own path"))
    } else if input.peek(Ident) || input.peek(Token![::]) || input.peek(Token![crate]) || is_module(input) {
        name(input)
    } else {
        Err(no_size(input))
    }
}

fn is_module(input: ParseStream) -> bool {
    input.peek(Token![self]) || input.peek(Token![super])
}

/// What a `macro_rules!` around the declaration passes as `$size:expr`: one operand, whatever is in it.
fn invisible_group(input: ParseStream) -> Result<Dim> {
    let tokens = input.step(|cursor| match cursor.group(Delimiter::None) {
        Some((inside, _, rest)) => Ok((inside.token_stream(), rest)),
        None => Err(cursor.error("expected a size")),
    })?;
    let dim = whole.parse2(tokens)?;
    Ok(if dim.operator().is_some() { dim.bracketed() } else { dim })
}

/// A dim that ends where the tokens end.
fn whole(input: ParseStream) -> Result<Dim> {
    let dim = input.parse()?;
    match next_token(input) {
        None => Ok(dim),
        Some(token) => Err(input_error(
            input,
            format!("`{token}` can't follow a size: only `+`, `-`, `*`, `/` or `)` can"),
        )),
    }
}

fn name(input: ParseStream) -> Result<Dim> {
    let path = Path::parse_mod_style(input)?;
    // `crate`, `self` and `super` start a path, but name no const.
    if let Some(last) = path.segments.last()
        && syn::parse_str::<Ident>(&last.ident.to_string()).is_err()
    {
        let text = path_text(&path);
        return Err(Error::new(last.ident.span(), format!("`{text}` is not a size: {EXAMPLES}")));
    }
    Ok(Dim { node: Node::Name(path) })
}

fn literal(literal: Lit) -> Result<Dim> {
    let message = match &literal {
        Lit::Int(integer) => match (integer.base10_parse(), integer.suffix()) {
            (_, suffix) if !matches!(suffix, "" | "usize") => wrong_suffix(integer),
            (Ok(value), _) => return Ok(Dim::integer(value, integer.span())),
            (Err(_), _) if integer.base10_digits().starts_with('-') => "a size can't be negative".to_owned(),
            (Err(_), _) => format!("`{integer}` is too large for a size: at most {} fits", u64::MAX),
        },
        Lit::Float(float) => not_whole(float),
        Lit::Str(text) => quoted(text),
        Lit::Bool(_) => "a size is a whole number, not true or false".to_owned(),
        _ => "a size is a whole number, not text".to_owned(),
    };
    Err(Error::new(literal.span(), message))
}

fn wrong_suffix(integer: &LitInt) -> String {
    let (digits, suffix) = (integer.base10_digits(), integer.suffix());
    format!("sizes are `usize`, not `{suffix}`: write `{digits}`, not `{integer}`")
}

/// Why a fraction is no size: `8.0` may have meant 8; `0.5` meant no size.
pub(crate) fn not_whole(float: &LitFloat) -> String {
    let text = float.to_string();
    match text.split_once('.') {
        Some((whole, zeros)) if zeros.chars().all(|digit| digit == '0') => {
            format!("a size is a whole number: write `{whole}`, not `{text}`")
        }
        _ => format!("a size is a whole number, and `{text}` is not"),
    }
}

fn quoted(text: &LitStr) -> String {
    match text.parse::<Dim>() {
        Ok(meant) => format!("a size is a whole number, not text: write `{meant}`, not `{}`", text.token()),
        Err(_) if text.value().parse::<f64>().is_ok() => {
            format!("a number has no quotes: write `{}`, not `{}`", text.value(), text.token())
        }
        Err(_) => "a size is a whole number, not text".to_owned(),
    }
}

/// Nothing where a size must stand, or something that starts none.
fn no_size(input: ParseStream) -> Error {
    match next_token(input) {
        None => input_error(input, format!("a size is missing here: {EXAMPLES}")),
        Some(token) if is_end(&token) => {
            input_error(input, format!("a size is missing before `{token}`: {EXAMPLES}"))
        }
        Some(token) => input_error(input, format!("`{token}` is not a size: {EXAMPLES}")),
    }
}

/// Tokens that end a dim or continue one, before which an operand was forgotten.
fn is_end(token: &str) -> bool {
    matches!(token, "->" | "," | ";" | "=" | "==" | "<" | "<=" | ">" | ">=" | "%" | "+" | "*" | "/")
}

fn next_token(input: ParseStream) -> Option<String> {
    for (is_next, text) in [
        (input.peek(Token![->]), "->"),
        (input.peek(Token![==]), "=="),
        (input.peek(Token![<=]), "<="),
        (input.peek(Token![>=]), ">="),
    ] {
        if is_next {
            return Some(text.to_owned());
        }
    }
    let (token, _) = input.cursor().token_tree()?;
    Some(match token {
        TokenTree::Group(group) => match group.delimiter() {
            Delimiter::Parenthesis => "(".to_owned(),
            Delimiter::Bracket => "[".to_owned(),
            Delimiter::Brace => "{".to_owned(),
            Delimiter::None => group.to_string(),
        },
        other => other.to_string(),
    })
}

/// At the next token, or at the bracket that closes the input; without syn's "unexpected end of input".
pub(crate) fn input_error(input: ParseStream, message: impl std::fmt::Display) -> Error {
    Error::new(input.span(), message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::{Group, TokenStream};
    use quote::quote;

    /// Fully bracketed, to see the tree.
    fn tree(dim: &Dim) -> String {
        match &dim.node {
            Node::Brackets { inner, .. } => tree(inner),
            Node::Operation { operator, left, right, .. } => {
                format!("({} {operator:?} {})", tree(left), tree(right))
            }
            _ => dim.to_string(),
        }
    }

    #[test]
    fn precedence_and_associativity() {
        for (text, expected) in [
            ("A + B * C", "(A Add (B Multiply C))"),
            ("A - B - C", "((A Subtract B) Subtract C)"),
            ("A / B * C", "((A Divide B) Multiply C)"),
            ("A - (B - C)", "(A Subtract (B Subtract C))"),
            ("(A + B) * 2", "((A Add B) Multiply 2)"),
        ] {
            assert_eq!(tree(&syn::parse_str(text).unwrap()), expected);
        }
    }

    #[test]
    fn a_dim_ends_where_it_must() {
        for (text, rest) in [
            ("4 -> 8", "-> 8"),
            ("4 * D->8", "-> 8"),
            ("D, 3", ", 3"),
            ("D; 3", "; 3"),
            ("D == 3", "== 3"),
            ("D <= 3", "<= 3"),
            ("D % 3", "% 3"),
            ("D > 3", "> 3"),
        ] {
            let parser = |input: ParseStream| Ok((input.parse::<Dim>()?, input.parse::<TokenStream>()?));
            let (_, left) = parser.parse_str(text).unwrap();
            assert_eq!(left.to_string(), rest);
        }
    }

    #[test]
    fn groups_from_other_macros_stay_together() {
        let group = TokenTree::from(Group::new(Delimiter::None, quote!(A + 1)));
        let dim: Dim = syn::parse2(quote!(2 * #group)).unwrap();
        assert_eq!(dim.to_string(), "2 * (A + 1)");
        let group = TokenTree::from(Group::new(Delimiter::None, quote!(8)));
        assert_eq!(syn::parse2::<Dim>(quote!(#group)).unwrap().to_string(), "8");
    }

    #[test]
    fn what_is_no_size_gets_a_sentence() {
        for (text, message) in [
            ("\"8\"", "a size is a whole number, not text: write `8`, not `\"8\"`"),
            ("\"eight!\"", "a size is a whole number, not text"),
            ("'8'", "a size is a whole number, not text"),
            ("8.0", "a size is a whole number: write `8`, not `8.0`"),
            ("0.5", "a size is a whole number, and `0.5` is not"),
            ("true", "a size is a whole number, not true or false"),
            ("-4", "a size can't be negative"),
            ("4 * -2", "a size can't be negative"),
            ("8u32", "sizes are `usize`, not `u32`: write `8`, not `8u32`"),
            (
                "18446744073709551616",
                "`18446744073709551616` is too large for a size: at most 18446744073709551615 fits",
            ),
            ("", "a size is missing here: write a number, a const or an axis, such as `8`, `WIDTH` or `seq`"),
            (
                "4 * ",
                "a size is missing here: write a number, a const or an axis, such as `8`, `WIDTH` or `seq`",
            ),
            (
                ", 4",
                "a size is missing before `,`: write a number, a const or an axis, such as `8`, `WIDTH` or `seq`",
            ),
            (
                "-> 4",
                "a size is missing before `->`: write a number, a const or an axis, such as `8`, `WIDTH` or `seq`",
            ),
            ("[4]", "`[` is not a size: write a number, a const or an axis, such as `8`, `WIDTH` or `seq`"),
            ("if", "`if` is not a size: write a number, a const or an axis, such as `8`, `WIDTH` or `seq`"),
            (
                "super",
                "`super` is not a size: write a number, a const or an axis, such as `8`, `WIDTH` or `seq`",
            ),
            ("Self::WIDTH", "`Self` can't stand in a size: write the const's own path"),
            ("(4 8)", "`8` can't follow a size: only `+`, `-`, `*`, `/` or `)` can"),
            ("(4 -> 8)", "`->` can't follow a size: only `+`, `-`, `*`, `/` or `)` can"),
        ] {
            let error = syn::parse_str::<Dim>(text).unwrap_err();
            assert_eq!(error.to_string(), message, "{text}");
        }
    }
}
