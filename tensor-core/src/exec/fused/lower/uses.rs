//! What an op uses its weights for.

use crate::ops::{Op, WeightShape};
use crate::plan::{Item, Node, Plan};

/// For each weight of a network, in the order in which programs take them: whether it is a matrix that is only multiplied with
/// or whose rows are only read, so that it may be of eight bits.
pub(crate) fn matrices(plan: &Plan) -> Vec<bool> {
    let mut found = Vec::new();
    add_body(plan.body, &mut found);
    found
}

fn add_body(body: &[Item], found: &mut Vec<bool>) {
    for item in body {
        match &item.node {
            Node::Op(op) => add_op(op, found),
            Node::Residual { body } => add_body(body, found),
            Node::Fork { branches, .. } => branches.iter().for_each(|branch| add_body(branch.body, found)),
            Node::Network { plan, count, .. } => (0..*count).for_each(|_| add_body(plan.body, found)),
        }
    }
}

fn add_op(op: &Op, found: &mut Vec<bool>) {
    let adds_rows = matches!(op, Op::Positional(_)); // to what flows, as numbers
    let is_matrix = |weight: &WeightShape| weight.sizes().len() == 2 && !adds_rows;
    found.extend(op.weights().as_slice().iter().map(is_matrix));
}

/// From which item on each row is by itself, to the body's end.
pub(super) fn rows_alone(body: &[Item]) -> usize {
    let alone = |item: &&Item| {
        matches!(
            item.node,
            Node::Op(
                Op::Linear(_)
                    | Op::Lora(_)
                    | Op::Unembed(_)
                    | Op::Activation(_)
                    | Op::LayerNorm(_)
                    | Op::RmsNorm(_)
                    | Op::Dropout(_)
            )
        )
    };
    body.len() - body.iter().rev().take_while(alone).count()
}
