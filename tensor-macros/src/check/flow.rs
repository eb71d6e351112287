//! What flows from item to item, as far as the macro can see it.

use proc_macro2::TokenStream;
use quote::quote;

use crate::dim::{Dim, Size};

/// Axes between two items, and where they come from.
#[derive(Clone)]
pub(crate) struct Flow {
    /// Whether ids flow (of tokens …) instead of numbers.
    pub(crate) ids: bool,
    /// What stands before `axes`.
    pub(crate) prefix: Prefix,
    pub(crate) axes: Vec<Axis>,
    /// The item that set the features; `None` for the network's input.
    pub(crate) giver: Option<String>,
    /// How the giver came to them.
    pub(crate) by: By,
    /// The chain up to here, for messages.
    pub(crate) chain: String,
}

/// How an item comes to the features that it gives, for what a message can advise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// They are written in it, so that another size there gives others.
    Choice,
    /// They are those that it takes.
    Passing,
    /// They are the product of all axes that it takes.
    Product,
    /// By what it does to the axes that it takes.
    Rule,
}

/// What stands before the axes that the macro knows.
#[derive(Clone)]
pub(crate) enum Prefix {
    /// Nothing: all axes are known.
    Nothing,
    /// Axes that only rustc knows, after another declared network: all of them, as a constant expression.
    Rustc { axes: TokenStream },
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
        self.ids = false;
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
        (self.giver, self.by) = (Some(giver.to_owned()), By::Choice);
    }

    /// Replaces all axes; those that only rustc knows get to be known again by [`Flow::followed_by`].
    pub(crate) fn replace(&mut self, axes: Vec<Axis>, giver: &str, by: By) {
        self.axes = axes;
        (self.giver, self.by) = (Some(giver.to_owned()), by);
    }

    /// The axis `distance` places before the end, if it is known.
    pub(crate) fn axis_from_end(&self, distance: usize) -> Axis {
        match (self.axes.len().checked_sub(distance), &self.prefix) {
            (Some(place), _) => self.axes[place].clone(),
            (None, Prefix::Rustc { axes }) => {
                Axis::Rustc(quote!(::tensor_core::__private::size_from_end(&#axes, #distance)))
            }
            (None, _) => Axis::Lost,
        }
    }

    /// All axes as a constant expression, for what comes after another network.
    pub(crate) fn expression(&self) -> Option<TokenStream> {
        if let Prefix::Rustc { axes } = &self.prefix {
            return Some(axes.clone());
        }
        let axes: Option<Vec<TokenStream>> = self.axes.iter().map(Axis::in_plan).collect();
        let (axes, ids) = (axes?, self.ids);
        matches!(self.prefix, Prefix::Nothing)
            .then(|| quote!(::tensor_core::__private::Axes::new(&[#(#axes),*]).with_ids(#ids)))
    }

    /// Brings the axes that only rustc knows up to date after an op, whose plan is given: `before` is what flowed in.
    pub(crate) fn followed_by(&mut self, op: &TokenStream, before: &Flow) {
        let Prefix::Rustc { axes } = &mut self.prefix else { return };
        let same_rank = self.axes.len() == before.axes.len();
        match self.axes.last() {
            // Nothing changed, or the rule could not tell.
            Some(Axis::Rustc(_)) if same_rank && self.giver == before.giver => {}
            Some(last @ Axis::Known { .. }) if same_rank => {
                let Some(last) = last.in_plan() else { return };
                *axes = quote!(#axes.with_features(#last));
            }
            _ => *axes = quote!(::tensor_core::__private::Op::#op.output(#axes)),
        }
        if self.axes.is_empty() {
            self.axes = vec![Axis::Rustc(quote!(::tensor_core::__private::size_from_end(&#axes, 1)))];
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

impl Axis {
    /// The axis in a plan.
    fn in_plan(&self) -> Option<TokenStream> {
        match self {
            Axis::Known { dim, size } if size.runtime_axis().is_some() => {
                let (name, plus) = dim.name_plus()?;
                let plus = proc_macro2::Literal::i64_unsuffixed(plus);
                Some(quote!(::tensor_core::__private::Axis::Runtime { name: #name, plus: #plus }))
            }
            Axis::Known { dim, .. } => {
                let size = dim.calls("");
                Some(quote!(::tensor_core::__private::Axis::Static(#size)))
            }
            Axis::Rustc(size) => Some(quote!(::tensor_core::__private::Axis::Static(#size))),
            Axis::Lost => None,
        }
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
        write!(f, "{}[{}]", if self.ids { "ids" } else { "" }, axes.join(", "))
    }
}
