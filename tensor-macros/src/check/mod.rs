//! The tree → a checked chain. Collects every mistake, each once: after one, checks go on with what is declared.

mod body;
mod budget;
mod context;
mod declaration;
mod flow;
mod join;
mod measure;
mod witness;

pub(crate) use budget::is_budget;
pub(crate) use context::{Context, Width, find};
pub(crate) use declaration::check;
pub(crate) use flow::{Axis, By, Flow, Prefix};
pub(crate) use witness::Witness;

use proc_macro2::{Ident, TokenStream};

use crate::syntax::Call;

/// The field of an expanded struct that no item has.
pub(crate) const PRIVATE_FIELD: &str = "__on";

/// A declaration that the expander can write, whatever mistakes were found.
pub(crate) struct Checked {
    pub(crate) items: Vec<CheckedItem>,
    /// The declared axes in plan and type.
    pub(crate) input: Vec<DeclaredAxis>,
    pub(crate) output: Vec<DeclaredAxis>,
    /// The side inputs' declared axes.
    pub(crate) sides: Vec<Vec<DeclaredAxis>>,
    pub(crate) budgets: Vec<TokenStream>,
    /// Relations that only an instance or rustc can check, as plan tokens.
    pub(crate) relations: Vec<TokenStream>,
    pub(crate) witnesses: Vec<Witness>,
}

/// An axis of the signature.
pub(crate) enum DeclaredAxis {
    Static(Width),
    /// `seq`, or `seq + 1`.
    Runtime {
        name: String,
        plus: i64,
    },
}

/// An item that the expander can write.
pub(crate) struct CheckedItem {
    pub(crate) title: String,
    pub(crate) name: Option<Ident>,
    /// The state-dict key, if it is not the name.
    pub(crate) rename: Option<String>,
    pub(crate) attributes: Vec<syn::Attribute>,
    pub(crate) kind: CheckedKind,
    /// The op as declared, for the table in the docs.
    pub(crate) text: String,
    /// The axes after it.
    pub(crate) axes: String,
}

pub(crate) enum CheckedKind {
    Op(CheckedOp),
    Network {
        path: syn::Path,
        count: Option<Width>,
        /// Its side inputs that have another name here.
        sides: Vec<(String, String)>,
    },
    Residual(Vec<CheckedItem>),
    Fork {
        join: Ident,
        branches: Vec<(String, Vec<CheckedItem>)>,
    },
    /// Reported; the plan leaves it out.
    Missing,
}

/// The types of an op's weights, each before `E, D>`: `Linear<4, 8,`.
pub(crate) enum Weights {
    None,
    One(TokenStream),
    /// Those of an attention, by field.
    Attention(Vec<(&'static str, Option<TokenStream>)>),
}

/// An op's part in the expansion.
pub(crate) struct CheckedOp {
    /// The keyword as written, for hover texts.
    pub(crate) keyword: Ident,
    /// The op in the plan: `Op::Linear(…)`.
    pub(crate) plan: TokenStream,
    pub(crate) weights: Weights,
    /// The op as declared, with inferred sizes.
    pub(crate) text: String,
    /// What a bare matrix takes and gives: two of them in a row are one.
    pub(crate) matrix: Option<(String, String)>,
}

impl CheckedOp {
    pub(crate) fn new(call: &Call, text: impl Into<String>, plan: TokenStream) -> Self {
        CheckedOp {
            keyword: call.keyword.clone(),
            plan,
            weights: Weights::None,
            text: text.into(),
            matrix: None,
        }
    }

    pub(crate) fn with_weights(self, weights: TokenStream) -> Self {
        CheckedOp { weights: Weights::One(weights), ..self }
    }
}
