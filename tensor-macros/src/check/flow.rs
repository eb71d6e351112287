//! What flows from item to item, as far as the macro can see it.

use proc_macro2::TokenStream;

use crate::dim::{Dim, Size};

/// Axes between two items, and where they come from.
#[derive(Clone)]
pub(crate) struct Flow {
    /// What stands before `axes`.
    pub(crate) prefix: Prefix,
    pub(crate) axes: Vec<Axis>,
    /// The item that set the features; `None` for the network's input.
    pub(crate) giver: Option<String>,
    /// The chain up to here, for messages.
    pub(crate) chain: String,
}

/// What stands before the axes that the macro knows.
#[derive(Clone)]
pub(crate) enum Prefix {
    /// Nothing: all axes are known.
    Nothing,
    /// Axes that only rustc knows, after another declared network. `elements` is the product of all axes, as a
    /// constant expression, as long as nothing changed them.
    Rustc { elements: Option<TokenStream> },
    /// Unknown after a mistake, and not to be reported again.
    Lost,
}

/// One axis.
#[derive(Clone)]
pub(crate) enum Axis {
    Known {
        dim: Dim,
        size: Size,
    },
    /// A size that only rustc knows, as a constant expression.
    Rustc(TokenStream),
    /// Unknown after a mistake.
    Lost,
}

impl Flow {
    /// Nothing known, and nothing to be reported.
    pub(crate) fn lose(&mut self) {
        self.prefix = Prefix::Lost;
        self.axes.clear();
    }

    pub(crate) fn features(&self) -> Axis {
        match (self.axes.last(), &self.prefix) {
            (Some(axis), _) => axis.clone(),
            (None, _) => Axis::Lost,
        }
    }

    /// Whether all axes are known.
    pub(crate) fn is_known(&self) -> bool {
        matches!(self.prefix, Prefix::Nothing)
            && self.axes.iter().all(|axis| matches!(axis, Axis::Known { .. }))
    }

    /// Replaces the last axis.
    pub(crate) fn set_features(&mut self, features: Axis, giver: &str) {
        self.axes.pop();
        self.axes.push(features);
        self.giver = Some(giver.to_owned());
        if let Prefix::Rustc { elements } = &mut self.prefix {
            *elements = None;
        }
    }

    /// Notes that the chain passed an item.
    pub(crate) fn passed(&mut self, title: &str) {
        self.chain = format!("{} → {title} {self}", self.chain);
    }

    /// The chain with the item that does not fit at its end.
    pub(crate) fn chain_to(&self, title: &str) -> String {
        format!("{} → {title}", self.chain)
    }
}

impl std::fmt::Display for Axis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Axis::Known { dim, size } => match size.value() {
                Some(value) => write!(f, "{value}"),
                None => write!(f, "{dim}"),
            },
            Axis::Rustc(_) | Axis::Lost => write!(f, "_"),
        }
    }
}

impl std::fmt::Display for Flow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let before = match self.prefix {
            Prefix::Nothing => None,
            _ => Some("…".to_owned()),
        };
        let axes: Vec<String> = before.into_iter().chain(self.axes.iter().map(Axis::to_string)).collect();
        write!(f, "[{}]", axes.join(", "))
    }
}
