//! The reference executor: each item by dfdx's own ops, on its tape.

use dfdx::prelude::*;

use super::run::Scope;
use super::{Mode, Part, Rows, Run, Value};
use crate::Error;
use crate::ops::Op;
use crate::param::Element;
use crate::plan::{Axes, Axis as PlanAxis, Branch, Item, Join, Node, Plan, name_here};

/// Runs `plan` on `x`, taking its weights from the front of the run's; `axes` become those of its output.
pub(crate) fn run<E: Element, D: Device<E>, T: Tape<E, D>>(
    plan: &Plan,
    x: Value<E, D, T>,
    axes: &mut Axes,
    run: &mut Run<'_, E, D>,
) -> Result<Value<E, D, T>, Error> {
    if !axes.ends_in(&plan.input) {
        return Err(Error::axes(plan.name, &plan.input, axes));
    }
    let outer = axes.leading();
    *axes = axes.entering(&plan.input);
    let y = run_body(plan.body, x, axes, run)?;
    *axes = axes.with_leading(outer);
    Ok(y)
}

/// Number types, by what their networks run on where they don't run fused.
pub trait Composes: Dtype {
    /// Runs a plan, as the composed executor does.
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "only this crate calls it")]
    fn run_composed<D: Device<Self>, T: Tape<Self, D>>(
        plan: &Plan,
        x: Value<Self, D, T>,
        axes: &mut Axes,
        state: &mut Run<'_, Self, D>,
    ) -> Result<Value<Self, D, T>, Error>
    where
        Self: Element,
    {
        run(plan, x, axes, state)
    }
}

impl Composes for f64 {}

#[cfg(feature = "cuda")]
impl Composes for f32 {}

/// Not at all: on the CPU they run fused, and dfdx has no other device without its feature `cuda`. So crates that declare
/// networks need not compile dfdx's ops of all items.
#[cfg(not(feature = "cuda"))]
impl Composes for f32 {
    #[expect(private_interfaces, reason = "only this crate calls it")]
    fn run_composed<D: Device<f32>, T: Tape<f32, D>>(
        plan: &Plan,
        _: Value<f32, D, T>,
        _: &mut Axes,
        _: &mut Run<'_, f32, D>,
    ) -> Result<Value<f32, D, T>, Error> {
        unreachable!("{} of `f32` is on the CPU, where it runs fused", plan.name)
    }
}

fn run_body<E: Element, D: Device<E>, T: Tape<E, D>>(
    body: &[Item],
    mut x: Value<E, D, T>,
    axes: &mut Axes,
    run: &mut Run<'_, E, D>,
) -> Result<Value<E, D, T>, Error> {
    for item in body {
        run.item = item.name;
        x = match &item.node {
            Node::Op(op) => run_op(op, x, axes, run)?,
            Node::Residual { body } => {
                let skip = x.retaped();
                let update = run_branch(body, x, &mut { *axes }, run)?;
                let skip = skip.rows();
                let parts = look(run, || vec![given(&skip), Part::Branch("the residual", update.retaped())]);
                let sum = update.try_add(skip).map_err(Error::device)?;
                show(run, item.name, &"x + f(x)", &parts, &sum);
                Value::Rows(sum)
            }
            Node::Fork { join, branches } => {
                let mut parts = Vec::new();
                let joined = run_fork(*join, branches, x, axes, run, &mut parts)?;
                show(run, item.name, &format_args!("fork({})", join.keyword()), &parts, &joined);
                Value::Rows(joined)
            }
            Node::Network { plan, count, sides } => run_network(plan, *count, sides, x, axes, run)?,
        };
    }
    Ok(x)
}

fn run_op<E: Element, D: Device<E>, T: Tape<E, D>>(
    op: &Op,
    x: Value<E, D, T>,
    axes: &mut Axes,
    run: &mut Run<'_, E, D>,
) -> Result<Value<E, D, T>, Error> {
    if run.cache.is_some()
        && let Some(why) = op.refuses_steps()
    {
        return Err(Error::NotStepwise { item: run.item, why });
    }
    let item = run.item;
    let shapes = op.weights();
    let weights = look(run, || run.weights.first(shapes.as_slice().len()));
    let mut parts =
        look(run, || weights.iter().zip(shapes.as_slice()).map(|(w, at)| Part::Weight(at.name, w)).collect());
    if let (true, Value::Rows(x)) = (run.watch.is_some(), &x) {
        parts.insert(0, given(x));
    }
    let y = match (op, x) {
        (Op::Embedding(op), Value::Ids(ids, tape)) => op.look_up(ids, tape, axes, run)?,
        (op, x) => op.composed(x.rows(), axes, run)?,
    };
    show(run, item, op, &parts, &y);
    if !op.keeps_axes() {
        *axes = op.output(*axes);
    }
    Ok(Value::Rows(y))
}

fn run_network<E: Element, D: Device<E>, T: Tape<E, D>>(
    plan: &Plan,
    count: usize,
    names: &[(&'static str, &'static str)],
    mut x: Value<E, D, T>,
    axes: &mut Axes,
    state: &mut Run<'_, E, D>,
) -> Result<Value<E, D, T>, Error> {
    let mut sides = Vec::with_capacity(plan.sides.len());
    for side in plan.sides {
        sides.push(state.side(name_here(side.name, names))?.named(side.name).fit(plan, axes)?);
    }
    let outer = std::mem::replace(&mut state.scope, Scope::new(sides));
    let item = state.item;
    for number in 0..count {
        if let Some(watch) = &mut state.watch {
            watch.enter(item, (count > 1).then_some(number));
        }
        x = run(plan, x, axes, state)?;
        if let Some(watch) = &mut state.watch {
            watch.leave();
        }
        state.scope.forget_tables();
    }
    state.scope = outer;
    Ok(x)
}

/// What the branches give goes to `parts` for whoever looks.
fn run_fork<E: Element, D: Device<E>, T: Tape<E, D>>(
    join: Join,
    branches: &[Branch],
    x: Value<E, D, T>,
    axes: &mut Axes,
    run: &mut Run<'_, E, D>,
    parts: &mut Vec<Part<'static, E, D>>,
) -> Result<Rows<E, D, T>, Error> {
    let (source, entered) = (x.retaped(), *axes);
    let mut joined = run_body(branches[0].body, x, axes, run)?.rows();
    parts.extend(look(run, || vec![Part::Branch(branches[0].name, joined.retaped())]));
    for branch in &branches[1..] {
        let next = run_branch(branch.body, source.retaped(), &mut { entered }, run)?;
        parts.extend(look(run, || vec![Part::Branch(branch.name, next.retaped())]));
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
    x: Value<E, D, T>,
    axes: &mut Axes,
    run: &mut Run<'_, E, D>,
) -> Result<Rows<E, D, T>, Error> {
    let y = run_body(body, x, axes, run)?.rows();
    if T::OWNS_TAPE && keeps_tensor(body, run.mode) {
        y.try_mul(E::ONE).map_err(Error::device)
    } else {
        Ok(y)
    }
}

/// Whether a body gives the very tensor that it takes.
fn keeps_tensor(body: &[Item], mode: Mode) -> bool {
    body.iter().all(|item| match &item.node {
        Node::Op(op) => op.keeps_tensor(mode),
        Node::Residual { .. } => false,
        Node::Fork { branches, .. } => branches.len() == 1 && keeps_tensor(branches[0].body, mode),
        Node::Network { plan, count, .. } => *count == 0 || keeps_tensor(plan.body, mode),
    })
}

/// What only somebody who looks needs.
fn look<E: Element, D: Device<E>, R>(run: &Run<'_, E, D>, parts: impl FnOnce() -> Vec<R>) -> Vec<R> {
    if run.watch.is_some() { parts() } else { Vec::new() }
}

/// What flows into an item.
fn given<'p, E: Element, D: Device<E>, T: Tape<E, D>>(x: &Rows<E, D, T>) -> Part<'p, E, D> {
    Part::Input(x.retaped())
}

/// Shows what an item gave to whoever looks.
fn show<E: Element, D: Device<E>, T: Tape<E, D>>(
    run: &mut Run<'_, E, D>,
    item: &'static str,
    op: &dyn std::fmt::Display,
    parts: &[Part<'_, E, D>],
    output: &Rows<E, D, T>,
) {
    if let Some(watch) = &mut run.watch {
        watch.saw(item, op, parts, &output.retaped());
    }
}
