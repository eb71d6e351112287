//! What a declaration says, as constant data: a [`Plan`] is a network without its weights.
//!
//! `layer!` writes one plan a network. Everything that needs no weights works on it, at compile time where
//! it can: proofs of sizes ([`check`](fn@verify)), counting ([`Cost`]), the table of [`Summary`]. The executors
//! run it with a network's weights.

mod axes;
mod budget;
mod check;
mod cost;
mod flow;
mod relation;
mod sides;
mod size;
mod summary;
mod text;
mod ties;
mod words;

pub(crate) use axes::same_text;
pub use axes::{Axes, Axis};
pub use budget::{check_budget, check_budgets};
pub use check::{check_item, check_output, features, same_features, verify};
pub use cost::Cost;
pub use relation::check_relation;
pub(crate) use sides::{find_side, here_are, name_here};
pub(crate) use size::{NONE, is_lost};
pub use size::{
    check_size, checked_minus, checked_over, checked_plus, checked_times, minus, over, plus, rest,
    size_from_end, slide, times,
};
pub use summary::{Summary, grouped};
pub use text::Text;
pub(crate) use words::fail;

use crate::ops::Op;

/// A declared network without its weights.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The struct's name.
    pub name: &'static str,
    /// The axes it takes, without leading ones.
    pub input: Axes,
    /// The side inputs it takes beside: masks, contexts.
    pub sides: &'static [Side],
    /// The axes it promises to give.
    pub output: Axes,
    /// What its `where` clause asks of its const parameters.
    pub relations: &'static [Relation],
    /// What its `#[budget(…)]` attributes allow.
    pub budgets: &'static [Budget],
    /// Its items in order.
    pub body: &'static [Item],
    /// Whether the declaration has no mistake that the macro saw. After one, the items are not all there.
    pub sound: bool,
}

/// A side input: what a network takes beside its main input.
#[derive(Clone, Copy, Debug)]
pub struct Side {
    /// Its name, by which items find it and by which it is passed on to nested networks.
    pub name: &'static str,
    /// Its axes, without leading ones.
    pub axes: Axes,
}

/// What a network may cost: `#[budget(params <= 200_000)]`.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// What is counted.
    pub counts: Counted,
    /// The most that is allowed.
    pub most: u64,
}

/// What a [`Budget`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Numbers in the weights.
    Params,
    /// Multiply-accumulates of a pass on the declared axes.
    Macs,
}

/// One line of a network's body.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// The item's name, or its keyword if it has none.
    pub name: &'static str,
    /// What the names of its weights in checkpoints begin with.
    pub key: Key,
    /// What it does.
    pub node: Node,
}

/// What the names of an item's weights in checkpoints begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Nothing: they stand alone, as those of an `attention!`, or there are none.
    None,
    /// `hidden` of `hidden.weight`.
    Name(&'static str),
    /// `blocks` of `blocks.0.up.weight`: networks in a row.
    Numbered(&'static str),
}

/// What an item does.
#[derive(Clone, Copy, Debug)]
pub enum Node {
    /// An op.
    Op(Op),
    /// `residual { … }`: x + f(x).
    Residual {
        /// The items of f.
        body: &'static [Item],
    },
    /// `fork(join) { … }`: branches that all take the same value.
    Fork {
        /// How the branches' values become one.
        join: Join,
        /// The branches in order.
        branches: &'static [Branch],
    },
    /// Another declared network, `count` of them in a row.
    Network {
        /// The network.
        plan: &'static Plan,
        /// How many in a row.
        count: usize,
        /// Its side inputs that have another name here: `(its name, the name here)`.
        sides: &'static [(&'static str, &'static str)],
    },
}

/// One branch of a `fork`.
#[derive(Clone, Copy, Debug)]
pub struct Branch {
    /// The branch's name, for messages and the summary.
    pub name: &'static str,
    /// Its items in order.
    pub body: &'static [Item],
}

/// How the branches of a `fork` become one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Their sum.
    Add,
    /// Their element-wise product.
    Mul,
    /// Their features one after another.
    Concat,
}

impl Join {
    /// The word that stands in a declaration.
    pub const fn keyword(self) -> &'static str {
        match self {
            Join::Add => "add",
            Join::Mul => "mul",
            Join::Concat => "concat",
        }
    }
}

/// One line of a `where` clause with its two sides worked out.
#[derive(Clone, Copy, Debug)]
pub struct Relation {
    /// The relation as written: `F == 4 * D`.
    pub text: &'static str,
    /// The left side as written.
    pub left_text: &'static str,
    /// The left side's value; for `D % H == 0` the remainder.
    pub left: usize,
    /// How the sides compare.
    pub comparison: Comparison,
    /// The right side as written.
    pub right_text: &'static str,
    /// The right side's value.
    pub right: usize,
}

/// How the two sides of a [`Relation`] compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Plan {
    /// The name and shape of each weight, in the order of a [state dict](crate::io::StateDict::state_dict); there need be no
    /// network for it.
    ///
    /// ```
    /// use tensor_core::prelude::*;
    ///
    /// layer! {
    ///     pub struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) }
    /// }
    /// assert_eq!(<TwoLayer>::PLAN.state_dict(), TwoLayer::new(&Cpu::default()).state_dict());
    /// ```
    pub fn state_dict(&'static self) -> Vec<crate::io::TensorInfo> {
        crate::fit::state_dict(self)
    }
}

impl Node {
    /// The axes after this node, whether or not it accepts the ones before: after a mistake, checks go on
    /// with what is declared.
    pub const fn output(&self, axes: Axes) -> Axes {
        match self {
            Node::Op(op) => op.output(axes),
            Node::Residual { .. } => axes,
            Node::Fork { join: Join::Add | Join::Mul, branches } => output_of(branches[0].body, axes),
            Node::Fork { join: Join::Concat, branches } => {
                let mut features = 0;
                let mut i = 0;
                while i < branches.len() {
                    if let Some(size) = output_of(branches[i].body, axes).features() {
                        features = plus(features, size);
                    }
                    i += 1;
                }
                output_of(branches[0].body, axes).with_features(Axis::Static(features))
            }
            Node::Network { plan, .. } => {
                let leading = axes.leading();
                axes.through(&plan.input, &plan.output).with_leading(leading)
            }
        }
    }
}

/// The axes after all items of `body`.
pub const fn output_of(body: &[Item], mut axes: Axes) -> Axes {
    let mut i = 0;
    while i < body.len() {
        axes = body[i].node.output(axes);
        i += 1;
    }
    axes
}
