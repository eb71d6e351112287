//! What can be wrong with a dim or a relation.

use proc_macro2::Span;

/// A mistake in a dim. The span is the token to blame: the right operand of an operation that has no size, the name
/// that is unknown, the first token of a relation that can't hold.
#[derive(Clone, Debug)]
pub(crate) struct DimError {
    pub(crate) span: Span,
    pub(crate) kind: DimErrorKind,
}

/// Sizes and dims come as text that reads well in backquotes: decimal numbers, or dims in the language's grammar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum DimErrorKind {
    /// The whole dim is 0.
    Zero,
    /// A difference is less than 0.
    Negative {
        value: i128,
    },
    /// Beyond `u64`, or intermediate results beyond what the proofs can count with.
    TooLarge,
    /// A quotient that is never whole; both sides in normal form.
    Inexact {
        dividend: String,
        divisor: String,
    },
    DivisionByZero,
    /// `D / H` without `where D % H == 0`; both sides as written, bracketed so that this `where` can be pasted.
    UnprovedDivision {
        dividend: String,
        divisor: String,
    },
    /// A single CamelCase name, which is none of the declaration's parameters.
    UnknownName {
        name: String,
        similar: Option<String>,
    },
    /// Relations that no positive sizes satisfy: with `relation`, the relation `broken` (often the same one) comes
    /// down to `becomes`, such as `10 % 3 == 0`.
    Contradiction {
        relation: String,
        broken: String,
        becomes: String,
    },
}
