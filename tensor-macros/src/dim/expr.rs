//! Dims as they were written: a tree of the user's tokens.

use std::fmt;

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::Path;

/// A size as the user wrote it, or as derived from such sizes.
#[derive(Clone)]
pub(crate) struct Dim {
    pub(super) node: Node,
}

#[derive(Clone)]
pub(super) enum Node {
    Integer {
        value: u64,
        span: Span,
    },
    Name(Path),
    Operation {
        operator: Operator,
        span: Span,
        left: Box<Dim>,
        right: Box<Dim>,
    },
    /// Brackets are kept, so that a message shows what was written.
    Brackets {
        span: Span,
        inner: Box<Dim>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Operator {
    fn sign(self) -> char {
        match self {
            Operator::Add => '+',
            Operator::Subtract => '-',
            Operator::Multiply => '*',
            Operator::Divide => '/',
        }
    }

    /// Its function in tensor-core.
    fn function(self) -> &'static str {
        match self {
            Operator::Add => "plus",
            Operator::Subtract => "minus",
            Operator::Multiply => "times",
            Operator::Divide => "over",
        }
    }

    pub(super) fn is_sum(self) -> bool {
        matches!(self, Operator::Add | Operator::Subtract)
    }

    fn fold(self, left: u64, right: u64) -> Option<u64> {
        match self {
            Operator::Add => left.checked_add(right),
            Operator::Subtract => left.checked_sub(right),
            Operator::Multiply => left.checked_mul(right),
            Operator::Divide => {
                if left.checked_rem(right)? == 0 {
                    left.checked_div(right)
                } else {
                    None
                }
            }
        }
    }
}

/// Reading.
impl Dim {
    /// The first token.
    pub(crate) fn span(&self) -> Span {
        match &self.node {
            Node::Integer { span, .. } | Node::Brackets { span, .. } => *span,
            Node::Name(path) => match (&path.leading_colon, path.segments.first()) {
                (Some(colon), _) => colon.spans[0],
                (None, Some(segment)) => segment.ident.span(),
                (None, None) => Span::call_site(),
            },
            Node::Operation { left, .. } => left.span(),
        }
    }

    /// The user's tokens as a Rust expression of any integer type, without the brackets around all of it, about which
    /// rustc would warn. To compute with it, build a dim with [`Dim::add`] and its kin: these set brackets.
    ///
    /// Names are as written; a dim with axes is no const expression.
    pub(crate) fn tokens(&self) -> TokenStream {
        self.bare().written()
    }

    fn written(&self) -> TokenStream {
        match &self.node {
            Node::Integer { value, span } => {
                let mut literal = Literal::u64_unsuffixed(*value);
                literal.set_span(*span);
                TokenTree::from(literal).into()
            }
            Node::Name(path) => path.to_token_stream(),
            Node::Operation { operator, span, left, right } => {
                let mut sign = Punct::new(operator.sign(), Spacing::Alone);
                sign.set_span(*span);
                let mut tokens = left.written();
                tokens.extend([TokenTree::from(sign)]);
                tokens.extend(right.written());
                tokens
            }
            Node::Brackets { span, inner } => {
                let mut group = Group::new(Delimiter::Parenthesis, inner.written());
                group.set_span(*span);
                TokenTree::from(group).into()
            }
        }
    }

    /// The same value without operators: calls of `plus` and so on, each at its right operand, for sizes that only
    /// rustc knows. `prefix` is empty or `checked_`.
    pub(crate) fn calls(&self, prefix: &str) -> TokenStream {
        match &self.node {
            Node::Operation { operator, left, right, .. } => {
                let span = right.span();
                let name = Ident::new(&format!("{prefix}{}", operator.function()), span);
                let (left, right) = (left.calls(prefix), right.calls(prefix));
                quote_spanned!(span=> ::tensor_core::__private::#name(#left, #right))
            }
            Node::Brackets { inner, .. } => inner.calls(prefix),
            _ => self.written(),
        }
    }

    /// Every name, from left to right.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Path> {
        fn collect<'dim>(dim: &'dim Dim, names: &mut Vec<&'dim Path>) {
            match &dim.node {
                Node::Integer { .. } => {}
                Node::Name(path) => names.push(path),
                Node::Brackets { inner, .. } => collect(inner, names),
                Node::Operation { left, right, .. } => {
                    collect(left, names);
                    collect(right, names);
                }
            }
        }
        let mut names = Vec::new();
        collect(self, &mut names);
        names.into_iter()
    }

    /// Without the brackets around all of it.
    pub(super) fn bare(&self) -> &Dim {
        match &self.node {
            Node::Brackets { inner, .. } => inner.bare(),
            _ => self,
        }
    }

    /// The number, if the dim is one.
    pub(crate) fn as_integer(&self) -> Option<u64> {
        match self.bare().node {
            Node::Integer { value, .. } => Some(value),
            _ => None,
        }
    }

    /// The operator that is applied last, if it stands outside of brackets.
    pub(super) fn operator(&self) -> Option<Operator> {
        match self.node {
            Node::Operation { operator, .. } => Some(operator),
            _ => None,
        }
    }
}

/// Building. Two literals are folded where the result is a literal again; brackets come where the meaning needs them,
/// and around a quotient in a product, where the reader does: `(H / P) * (W / P)`.
impl Dim {
    pub(crate) fn integer(value: u64, span: Span) -> Dim {
        Dim { node: Node::Integer { value, span } }
    }

    pub(crate) fn add(self, right: Dim) -> Dim {
        self.join(Operator::Add, right)
    }

    #[cfg_attr(not(test), expect(dead_code, reason = "no op derives such a size yet"))]
    pub(crate) fn sub(self, right: Dim) -> Dim {
        self.join(Operator::Subtract, right)
    }

    pub(crate) fn mul(self, right: Dim) -> Dim {
        self.join(Operator::Multiply, right)
    }

    pub(crate) fn div(self, right: Dim) -> Dim {
        self.join(Operator::Divide, right)
    }

    fn join(self, operator: Operator, right: Dim) -> Dim {
        if let (Some(a), Some(b)) = (self.as_integer(), right.as_integer())
            && let Some(value) = operator.fold(a, b)
        {
            return Dim::integer(value, self.span());
        }
        // `a + (b + c)` is `a + b + c`, and the same for products.
        match right.node {
            Node::Operation { operator: inner, left: middle, right: last, span }
                if inner == operator && matches!(operator, Operator::Add | Operator::Multiply) =>
            {
                Dim::operation(operator, span, self.join(operator, *middle), *last)
            }
            node => {
                let (span, right) = (self.span(), Dim { node });
                let left = match self.operator() {
                    Some(own) if !operator.is_sum() && own.is_sum() => self.bracketed(),
                    Some(Operator::Divide) if operator == Operator::Multiply => self.bracketed(),
                    _ => self,
                };
                let right = match right.operator() {
                    Some(own) if !operator.is_sum() || own.is_sum() => right.bracketed(),
                    _ => right,
                };
                Dim::operation(operator, span, left, right)
            }
        }
    }

    pub(super) fn operation(operator: Operator, span: Span, left: Dim, right: Dim) -> Dim {
        Dim { node: Node::Operation { operator, span, left: Box::new(left), right: Box::new(right) } }
    }

    pub(super) fn bracketed(self) -> Dim {
        Dim { node: Node::Brackets { span: self.span(), inner: Box::new(self) } }
    }
}

/// As written, with even spacing: `4 * D`, `(H / P) * (W / P)`.
impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Node::Integer { value, .. } => write!(f, "{value}"),
            Node::Name(path) => f.write_str(&path_text(path)),
            Node::Operation { operator, left, right, .. } => write!(f, "{left} {} {right}", operator.sign()),
            Node::Brackets { inner, .. } => write!(f, "({inner})"),
        }
    }
}

impl fmt::Debug for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dim({self})")
    }
}

/// `crate::config::WIDTH`, without the spaces that tokens print.
pub(super) fn path_text(path: &Path) -> String {
    let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    let start = if path.leading_colon.is_some() { "::" } else { "" };
    format!("{start}{}", names.join("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dim(text: &str) -> Dim {
        syn::parse_str(text).unwrap()
    }

    #[test]
    fn prints_what_was_written() {
        for (text, printed) in [
            ("4*D", "4 * D"),
            ("(H/P)*(W/P)", "(H / P) * (W / P)"),
            ("0x10 + 1_000usize", "16 + 1000"),
            ("crate :: config::WIDTH-1", "crate::config::WIDTH - 1"),
            ("::sizes::WIDTH", "::sizes::WIDTH"),
            ("((seq))", "((seq))"),
        ] {
            assert_eq!(dim(text).to_string(), printed);
        }
    }

    #[test]
    fn tokens_are_an_expression_without_outer_brackets() {
        assert_eq!(dim("((4usize * (D + 1)))").tokens().to_string(), "4 * (D + 1)");
        assert_eq!(dim("crate::WIDTH / 2").tokens().to_string(), "crate :: WIDTH / 2");
    }

    #[test]
    fn names_come_from_left_to_right() {
        let dim = dim("A * (config::B + c) - A");
        assert_eq!(dim.names().map(path_text).collect::<Vec<_>>(), ["A", "config::B", "c", "A"]);
    }

    #[test]
    fn the_span_is_the_first_token() {
        for (text, column) in [("  4 * D", 2), (" (4)", 1), (" ::a::B", 1), (" D / 2 / 3", 1)] {
            assert_eq!(dim(text).span().start().column, column, "{text}");
        }
    }

    #[test]
    fn built_dims_have_the_brackets_they_need() {
        let d = dim;
        assert_eq!(d("H").div(d("P")).mul(d("W").div(d("P"))).to_string(), "(H / P) * (W / P)");
        assert_eq!(d("A + B").mul(d("C - D")).to_string(), "(A + B) * (C - D)");
        assert_eq!(d("A * B").add(d("C / D")).to_string(), "A * B + C / D");
        assert_eq!(d("A").sub(d("B - C")).to_string(), "A - (B - C)");
        assert_eq!(d("A").add(d("B + C")).to_string(), "A + B + C");
        assert_eq!(d("A").mul(d("B / C * D")).to_string(), "A * (B / C) * D");
        assert_eq!(d("A").div(d("B * C")).to_string(), "A / (B * C)");
        assert_eq!(d("A / B").div(d("C")).to_string(), "A / B / C");
        assert_eq!(d("(A + B)").mul(d("C")).to_string(), "(A + B) * C");
    }

    #[test]
    fn built_dims_fold_literals() {
        let folded = |dim: Dim| dim.as_integer();
        assert_eq!(folded(dim("6").add(dim("(2)"))), Some(8));
        assert_eq!(folded(dim("6").sub(dim("2"))), Some(4));
        assert_eq!(folded(dim("6").mul(dim("2"))), Some(12));
        assert_eq!(folded(dim("6").div(dim("2"))), Some(3));
        assert_eq!(dim("7").div(dim("2")).to_string(), "7 / 2");
        assert_eq!(dim("7").div(dim("0")).to_string(), "7 / 0");
        assert_eq!(dim("1").sub(dim("2")).to_string(), "1 - 2");
    }
}
