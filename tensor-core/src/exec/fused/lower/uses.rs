//! What an op uses its weights for.

use crate::ops::{AttentionOp, Op, PositionalOp, Positions};
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
    let mut projection = |bias: bool| {
        found.push(true);
        found.extend(bias.then_some(false));
    };
    match op {
        Op::Linear(op) => projection(op.bias),
        Op::Lora(op) => {
            projection(op.bias);
            projection(false);
            projection(false);
        }
        Op::Attention(AttentionOp { w_o, bias, qk_norm, .. }) => {
            (0..3 + usize::from(w_o.is_some())).for_each(|_| projection(*bias));
            found.extend(qk_norm.then_some([false; 2]).into_iter().flatten());
        }
        Op::Embedding(_) => found.push(true),
        Op::LayerNorm(_) => found.extend([false; 2]),
        Op::RmsNorm(_) | Op::ClassToken(_) => found.push(false),
        Op::Positional(PositionalOp { kind: Positions::Learned, .. }) => found.push(false),
        Op::Conv2d(op) => {
            found.push(false);
            found.extend(op.bias.then_some(false));
        }
        Op::Positional(_)
        | Op::Unembed(_)
        | Op::Activation(_)
        | Op::Dropout(_)
        | Op::Flatten(_)
        | Op::Pool(_)
        | Op::Patches(_)
        | Op::Pool2d(_) => {}
    }
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
