//! What flows from item to item, as far as the checks know it.

use super::size::{NONE, is_lost};
use super::{Axes, Axis, Item, Node, Plan, Side, Text, output_of};
use crate::ops::{Op, Refusal};

/// What flows at one place of a body.
#[derive(Clone, Copy)]
pub(super) struct Flow {
    pub(super) axes: Axes,
    /// The item that set the axes, empty for the network's input.
    pub(super) giver: &'static str,
    /// How the giver came to the features.
    pub(super) by: By,
    /// The chain up to here, for messages.
    pub(super) chain: Text,
    /// Whether a mistake before makes the axes unknown, so that nothing that follows from it is reported.
    lost: bool,
    /// The network's side inputs.
    pub(super) sides: &'static [Side],
}

/// How an item comes to the features that it gives, for what a message can advise.
#[derive(Clone, Copy)]
pub(super) enum By {
    /// They are written in it, so that another size there gives others.
    Choice,
    /// They are those that it takes.
    Passing,
    /// They are the product of all axes that it takes.
    Product,
    /// By what it does to the axes that it takes.
    Rule,
}

impl Flow {
    #[inline]
    pub(super) const fn into(plan: &Plan) -> Self {
        let chain = Text::new().str(plan.name).str(": ").axes(&plan.input);
        Flow {
            axes: plan.input.entering(&plan.input),
            giver: "",
            by: By::Choice,
            chain,
            lost: false,
            sides: plan.sides,
        }
    }

    #[inline]
    pub(super) const fn after(self, item: &Item) -> Self {
        let axes = item.node.output(self.axes);
        let chain = self.chain.str(" → ").str(item.name).str(" ").axes(&axes);
        let (giver, by) =
            if item.node.keeps_axes() { (self.giver, self.by) } else { (item.name, item.node.by()) };
        let lost = self.lost || item.node.loses(&self.axes);
        let axes = match &item.node {
            Node::Op(op) if let Err(Refusal::RuntimeAxis) = op.check(&self.axes, self.sides) => {
                axes.with_features(Axis::Static(NONE))
            }
            _ => axes,
        };
        Flow { axes, giver, by, chain, lost, sides: self.sides }
    }

    /// Whether its axes can be judged.
    #[inline]
    pub(super) const fn is_known(&self) -> bool {
        !self.lost && is_known(&self.axes)
    }
}

/// Whether no size is one that is reported as none.
#[inline]
pub(super) const fn is_known(axes: &Axes) -> bool {
    let mut i = 0;
    while i < axes.len() {
        if let Axis::Static(size) = axes.get(i)
            && is_lost(size)
        {
            return false;
        }
        i += 1;
    }
    true
}

impl Node {
    /// Whether it does not take `axes` in a way that leaves unknown what it would give.
    #[inline]
    const fn loses(&self, axes: &Axes) -> bool {
        match self {
            Node::Op(op) => axes.are_ids() != op.takes_ids(),
            Node::Residual { .. } => axes.are_ids(),
            Node::Fork { branches, .. } => {
                let mut i = 0;
                while i < branches.len() {
                    if output_of(branches[i].body, *axes).are_ids() {
                        return true;
                    }
                    i += 1;
                }
                false
            }
            Node::Network { plan, count, .. } => {
                let takes = axes.len() >= plan.input.len() && axes.are_ids() == plan.input.are_ids();
                !takes || *count > 1 && !plan.output.equals(&plan.input)
            }
        }
    }

    const fn by(&self) -> By {
        match self {
            Node::Op(Op::Flatten(_)) => By::Product,
            Node::Op(Op::Pool(_) | Op::ClassToken(_)) => By::Passing,
            Node::Op(Op::Patches(_) | Op::Conv2d(_) | Op::Pool2d(_)) => By::Rule,
            _ => By::Choice,
        }
    }

    #[inline]
    const fn keeps_axes(&self) -> bool {
        match self {
            Node::Op(op) => op.keeps_axes(),
            Node::Residual { .. } => true,
            Node::Fork { .. } | Node::Network { .. } => false,
        }
    }
}

#[inline]
pub(super) const fn flow_through(body: &[Item], mut flow: Flow) -> Flow {
    let mut i = 0;
    while i < body.len() {
        flow = flow.after(&body[i]);
        i += 1;
    }
    flow
}
