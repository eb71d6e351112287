//! Relations between sizes, from the `where` of a declaration.

use std::fmt;

use syn::parse::{Parse, ParseStream};
use syn::{Error, Result, Token};

use super::expr::{Dim, Operator};
use super::parse::input_error;

const FORMS: &str = "a relation is written `A == 4 * B`, `D % H == 0` or `N <= 512`";

/// `A == 4 * B`, `D % H == 0`, `N <= 512`.
#[derive(Clone, Debug)]
pub(crate) struct Relation {
    pub(crate) left: Dim,
    pub(crate) how: Comparison,
    /// The integer 0 where `how` is [`Comparison::Divides`].
    pub(crate) right: Dim,
}

#[derive(Clone, Debug)]
pub(crate) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `left % by == 0`.
    Divides {
        by: Dim,
    },
}

impl Parse for Relation {
    fn parse(input: ParseStream) -> Result<Relation> {
        let left: Dim = input.parse()?;
        let how = if input.peek(Token![%]) {
            input.parse::<Token![%]>()?;
            let by: Dim = input.parse()?;
            refuse_ambiguous(&left, &by)?;
            if !input.peek(Token![==]) {
                return Err(input_error(input, format!("`{left} % {by}` lacks its `== 0`: {FORMS}")));
            }
            input.parse::<Token![==]>()?;
            Comparison::Divides { by }
        } else {
            comparison(input)?
        };
        let right: Dim = input.parse()?;
        if let Comparison::Divides { by } = &how
            && right.as_integer() != Some(0)
        {
            let message = format!("`{left} % {by}` can only be compared with 0: write `{left} % {by} == 0`");
            return Err(Error::new(right.span(), message));
        }
        if [input.peek(Token![==]), input.peek(Token![<]), input.peek(Token![>]), input.peek(Token![%])]
            .contains(&true)
        {
            return Err(input_error(input, FORMS));
        }
        Ok(Relation { left, how, right })
    }
}

fn comparison(input: ParseStream) -> Result<Comparison> {
    if input.peek(Token![==]) {
        input.parse::<Token![==]>().map(|_| Comparison::Equal)
    } else if input.peek(Token![<=]) {
        input.parse::<Token![<=]>().map(|_| Comparison::LessOrEqual)
    } else if input.peek(Token![>=]) {
        input.parse::<Token![>=]>().map(|_| Comparison::GreaterOrEqual)
    } else if input.peek(Token![<]) {
        input.parse::<Token![<]>().map(|_| Comparison::Less)
    } else if input.peek(Token![>]) {
        input.parse::<Token![>]>().map(|_| Comparison::Greater)
    } else if input.peek(Token![=]) {
        Err(input_error(input, "sizes are compared with `==`, not with `=`"))
    } else {
        Err(input_error(input, FORMS))
    }
}

/// Rust reads `A + B % H` as `A + (B % H)` and `D % 2 * H` as `(D % 2) * H`; a dim would end at the `%`. Where the two
/// differ, brackets have to say what is meant.
fn refuse_ambiguous(left: &Dim, by: &Dim) -> Result<()> {
    let (loose_left, loose_by) = (left.operator().is_some_and(Operator::is_sum), by.operator().is_some());
    if loose_left || loose_by {
        let (left_text, by_text) = (grouped(left, loose_left), grouped(by, loose_by));
        let blamed = if loose_by { by } else { left };
        let message =
            format!("`%` needs brackets beside other operators: write `{left_text} % {by_text} == 0`");
        return Err(Error::new(blamed.span(), message));
    }
    Ok(())
}

fn grouped(dim: &Dim, brackets: bool) -> String {
    if brackets { format!("({dim})") } else { dim.to_string() }
}

impl Comparison {
    /// The relation between two sides, as text.
    pub(super) fn between(
        &self,
        left: impl fmt::Display,
        by: impl fmt::Display,
        right: impl fmt::Display,
    ) -> String {
        match self {
            Comparison::Equal => format!("{left} == {right}"),
            Comparison::Less => format!("{left} < {right}"),
            Comparison::LessOrEqual => format!("{left} <= {right}"),
            Comparison::Greater => format!("{left} > {right}"),
            Comparison::GreaterOrEqual => format!("{left} >= {right}"),
            Comparison::Divides { .. } => format!("{left} % {by} == 0"),
        }
    }
}

/// As written, with even spacing.
impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = if let Comparison::Divides { by } = &self.how { by } else { &self.right };
        f.write_str(&self.how.between(&self.left, by, &self.right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_are_read() {
        for text in
            ["A == 4 * B", "D % H == 0", "2 * D % (H + 1) == 0", "N <= 512", "N < M", "A >= 1", "A + B > C"]
        {
            assert_eq!(syn::parse_str::<Relation>(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn anything_else_gets_a_sentence() {
        for (text, message) in [
            ("A", FORMS),
            ("T: Copy", FORMS),
            ("A != B", FORMS),
            ("A == B == C", FORMS),
            ("A = B", "sizes are compared with `==`, not with `=`"),
            (
                "D % H",
                "`D % H` lacks its `== 0`: a relation is written `A == 4 * B`, `D % H == 0` or `N <= 512`",
            ),
            ("D % H == 1", "`D % H` can only be compared with 0: write `D % H == 0`"),
            ("A + B % H == 0", "`%` needs brackets beside other operators: write `(A + B) % H == 0`"),
            ("D % 2 * H == 0", "`%` needs brackets beside other operators: write `D % (2 * H) == 0`"),
        ] {
            let error = syn::parse_str::<Relation>(text).unwrap_err();
            assert_eq!(error.to_string(), message, "{text}");
        }
    }
}
