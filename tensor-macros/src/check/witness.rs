//! Checks that the expansion leaves to rustc, each spanned at the token to blame.

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Path};

/// A check that only rustc can make.
pub(crate) enum Witness {
    /// The item at this place of the body against what flows into it.
    Item { place: Vec<usize>, span: Span },
    /// The last item's axes against the promised ones.
    Output { span: Span },
    /// Another network with its parameters given.
    Network { path: Path, span: Span },
    /// Features of two items in a generic network that do not depend on its parameters.
    SameFeatures {
        item: String,
        takes: TokenStream,
        giver: String,
        gives: TokenStream,
        chain: String,
        span: Span,
    },
    /// A size of const items, written as `text`.
    Size { text: String, size: TokenStream, span: Span },
    /// A `where` relation of constants.
    Relation { relation: TokenStream, span: Span },
    /// One of the network's budgets, by its place.
    Budget { index: usize, span: Span },
    /// The warning that two `linear` items are one matrix.
    StackedLinear { message: String, attributes: Vec<Attribute>, span: Span },
}
