//! The reference executor: each item by dfdx's own ops, on its tape.

use dfdx::prelude::*;

use super::{Mode, Rows};
use crate::Error;
use crate::ops::Op;
use crate::param::{Element, Weights};
use crate::plan::{Axes, Axis as PlanAxis, Branch, Item, Join, Node, Plan};

/// Runs `plan` on rows `x`, taking its weights from the front of `weights`; `axes` become those of its output.
pub(crate) fn run<E: Element, D: Device<E>, T: Tape<E, D>>(
    plan: &Plan,
    x: Rows<E, D, T>,
    axes: &mut Axes,
    weights: &mut Weights<E, D>,
    mode: Mode,
) -> Result<Rows<E, D, T>, Error> {
    if !axes.ends_in(&plan.input) {
        return Err(Error::axes(plan.name, &plan.input, axes));
    }
    let outer = axes.leading();
    *axes = axes.entering(&plan.input);
    let y = run_body(plan.body, x, axes, weights, mode)?;
    *axes = axes.with_leading(outer);
    Ok(y)
}

fn run_body<E: Element, D: Device<E>, T: Tape<E, D>>(
    body: &[Item],
    mut x: Rows<E, D, T>,
    axes: &mut Axes,
    weights: &mut Weights<E, D>,
    mode: Mode,
) -> Result<Rows<E, D, T>, Error> {
    for item in body {
        x = match &item.node {
            Node::Op(op) => {
                let y = op.composed(x, axes, weights, mode)?;
                if !op.keeps_axes() {
                    *axes = op.output(*axes);
                }
                y
            }
            Node::Residual { body } => {
                let skip = x.retaped::<T>();
                let update = run_branch(body, x, &mut { *axes }, weights, mode)?;
                update.try_add(skip).map_err(Error::device)?
            }
            Node::Fork { join, branches } => run_fork(*join, branches, x, axes, weights, mode)?,
            Node::Network { plan, count } => {
                for _ in 0..*count {
                    x = run(plan, x, axes, weights, mode)?;
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
    x: Rows<E, D, T>,
    axes: &mut Axes,
    weights: &mut Weights<E, D>,
    mode: Mode,
) -> Result<Rows<E, D, T>, Error> {
    let (source, entered) = (x.retaped::<T>(), *axes);
    let mut joined = run_body(branches[0].body, x, axes, weights, mode)?;
    for branch in &branches[1..] {
        let next = run_branch(branch.body, source.retaped::<T>(), &mut { entered }, weights, mode)?;
        joined = match join {
            Join::Add => joined.try_add(next).map_err(Error::device)?,
            Join::Mul => joined.try_mul(next).map_err(Error::device)?,
            Join::Concat => {
                *axes = axes.with_features(PlanAxis::Static(joined.shape().1 + next.shape().1));
                (joined, next).try_concat_along(Axis::<1>).map_err(Error::device)?
            }
        };
    }
    Ok(joined)
}

/// Runs a body whose value is joined with one from the same source. dfdx can't join a tensor with itself on the way
/// back, so a body that only looks at its input differently must give a new one.
fn run_branch<E: Element, D: Device<E>, T: Tape<E, D>>(
    body: &[Item],
    x: Rows<E, D, T>,
    axes: &mut Axes,
    weights: &mut Weights<E, D>,
    mode: Mode,
) -> Result<Rows<E, D, T>, Error> {
    let y = run_body(body, x, axes, weights, mode)?;
    if T::OWNS_TAPE && keeps_tensor(body, mode) { y.try_mul(E::ONE).map_err(Error::device) } else { Ok(y) }
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
