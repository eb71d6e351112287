//! The reference executor: each item by dfdx's own ops, on its tape.

use dfdx::prelude::*;

use super::{Mode, Value};
use crate::Error;
use crate::ops::Op;
use crate::param::{Element, Weights};
use crate::plan::{Axes, Axis as PlanAxis, Branch, Item, Join, Node, Plan};

/// Runs `plan` on `x`, taking its weights from the front of `weights`.
pub(crate) fn run<E: Element, D: Device<E>, T: Tape<E, D>>(
    plan: &Plan,
    x: Value<E, D, T>,
    weights: &mut Weights<E, D>,
    mode: Mode,
) -> Result<Value<E, D, T>, Error> {
    if !x.axes.ends_in(&plan.input) {
        return Err(Error::axes(plan.name, &plan.input, &x.axes));
    }
    let outer = x.axes.leading();
    let entered = Value { axes: x.axes.entering(&plan.input), ..x };
    let y = run_body(plan.body, entered, weights, mode)?;
    Ok(Value { axes: y.axes.with_leading(outer), ..y })
}

fn run_body<E: Element, D: Device<E>, T: Tape<E, D>>(
    body: &[Item],
    mut x: Value<E, D, T>,
    weights: &mut Weights<E, D>,
    mode: Mode,
) -> Result<Value<E, D, T>, Error> {
    for item in body {
        x = match &item.node {
            Node::Op(op) => op.composed(x, weights, mode)?,
            Node::Residual { body } => {
                let skip = x.fork();
                let update = run_branch(body, x, weights, mode)?;
                let rows = update.rows.try_add(skip.rows).map_err(Error::device)?;
                Value { rows, axes: skip.axes }
            }
            Node::Fork { join, branches } => run_fork(*join, branches, x, weights, mode)?,
            Node::Network { plan, count } => {
                for _ in 0..*count {
                    x = run(plan, x, weights, mode)?;
                }
                x
            }
        };
    }
    Ok(x)
}

fn run_fork<E: Element, D: Device<E>, T: Tape<E, D>>(
    join: Join,
    branches: &[Branch],
    x: Value<E, D, T>,
    weights: &mut Weights<E, D>,
    mode: Mode,
) -> Result<Value<E, D, T>, Error> {
    let source = x.fork();
    let mut joined = run_body(branches[0].body, x, weights, mode)?;
    for branch in &branches[1..] {
        let next = run_branch(branch.body, source.fork(), weights, mode)?;
        joined = match join {
            Join::Add => {
                Value { rows: joined.rows.try_add(next.rows).map_err(Error::device)?, axes: joined.axes }
            }
            Join::Mul => {
                Value { rows: joined.rows.try_mul(next.rows).map_err(Error::device)?, axes: joined.axes }
            }
            Join::Concat => concat(joined, next)?,
        };
    }
    Ok(joined)
}

/// Runs a body whose value is joined with one from the same source. dfdx can't join a tensor with itself on the way
/// back, so a body that only looks at its input differently must give a new one.
fn run_branch<E: Element, D: Device<E>, T: Tape<E, D>>(
    body: &[Item],
    x: Value<E, D, T>,
    weights: &mut Weights<E, D>,
    mode: Mode,
) -> Result<Value<E, D, T>, Error> {
    let y = run_body(body, x, weights, mode)?;
    if T::OWNS_TAPE && keeps_tensor(body, mode) {
        let rows = y.rows.try_mul(E::ONE).map_err(Error::device)?;
        return Ok(Value { rows, ..y });
    }
    Ok(y)
}

/// Whether a body gives the very tensor that it takes.
fn keeps_tensor(body: &[Item], mode: Mode) -> bool {
    body.iter().all(|item| match &item.node {
        Node::Op(Op::Dropout(_)) => mode == Mode::Inference,
        Node::Op(Op::Flatten(_)) => true,
        Node::Op(_) | Node::Residual { .. } => false,
        Node::Fork { branches, .. } => branches.len() == 1 && keeps_tensor(branches[0].body, mode),
        Node::Network { plan, count } => *count == 0 || keeps_tensor(plan.body, mode),
    })
}

fn concat<E: Element, D: Device<E>, T: Tape<E, D>>(
    left: Value<E, D, T>,
    right: Value<E, D, T>,
) -> Result<Value<E, D, T>, Error> {
    let features = left.rows.shape().1 + right.rows.shape().1;
    let axes: Axes = left.axes.with_features(PlanAxis::Static(features));
    let rows = (left.rows, right.rows).try_concat_along(Axis::<1>).map_err(Error::device)?;
    Ok(Value { rows, axes })
}
