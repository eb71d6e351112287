//! A plan on axes of known sizes → the steps of a program.

mod attention;
mod image;
mod ops;
mod row_blocks;
mod sides;
mod uses;

pub(crate) use sides::Given;
pub(crate) use uses::matrices;

use super::program::{Ends, Program};
use super::steps::{Add, Concat, Forward, IdsAt, Multiply, Pooling, Projection};
use super::value::Value;
use super::way_back::WayBack;
use crate::Error;
use crate::exec::Mode;
use crate::ops::Pool;
use crate::plan::{Axes, Axis, Branch, Item, Join, Node, Plan};
use row_blocks::in_row_blocks;
use sides::Side;

/// What a program is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Purpose {
    pub(super) mode: Mode,
    /// Whether there is a way back.
    pub(super) goes_back: bool,
    /// Whether it gives the gradient of the main input too.
    pub(super) of_input: bool,
    /// The sequences and positions of a step of decoding, if it is for one.
    pub(super) step: Option<(usize, usize)>,
    /// Whether only the last position's output is asked for: what follows the last item that mixes positions runs on it alone.
    pub(super) last: bool,
    /// Whether the network does not change any more, so that its weights are kept as products take them.
    pub(super) frozen: bool,
}

impl Purpose {
    /// A step of training without dfdx's tape.
    pub(super) const TRAINING: Purpose = Purpose {
        mode: Mode::Training,
        goes_back: true,
        of_input: false,
        step: None,
        last: false,
        frozen: false,
    };
}

/// What flows.
#[derive(Clone, Copy, Debug)]
enum Flow {
    Numbers(Value),
    Ids(IdsAt),
}

impl Flow {
    /// The ids, where the plan's check says that they flow.
    fn ids(self) -> IdsAt {
        match self {
            Flow::Ids(ids) => ids,
            Flow::Numbers(_) => unreachable!("ids flow here, as the plan's check says"),
        }
    }

    /// The numbers, where the plan's check says that no ids flow.
    fn numbers(self) -> Value {
        match self {
            Flow::Numbers(value) => value,
            Flow::Ids(_) => unreachable!("numbers flow here, as the plan's check says"),
        }
    }
}

/// A program in the making.
struct Lowering {
    purpose: Purpose,
    /// The main input and the side inputs; none where one has ids.
    inputs: Vec<Option<Value>>,
    lengths: Vec<usize>,
    /// Which values a weight, or an input whose gradient is asked for, has a part in.
    wanted: Vec<bool>,
    steps: Vec<Forward>,
    /// Values that later items need beside what flows.
    held: Vec<Value>,
    /// The next weight.
    weight: usize,
    dropouts: u64,
    /// How many attentions keep keys and values.
    keeping: usize,
    /// The tables of the current network's embeddings.
    tables: Vec<(&'static str, Projection)>,
    /// The side inputs that the current network sees.
    sides: Vec<Side>,
    /// The masks that a step before has checked.
    checked: Vec<Value>,
    item: &'static str,
}

/// The program of `plan` on an input with these axes, and these side inputs.
pub(super) fn lower(plan: &Plan, axes: &Axes, sides: &[Given], purpose: Purpose) -> Result<Program, Error> {
    let mut lowering = Lowering {
        purpose,
        inputs: Vec::new(),
        lengths: Vec::new(),
        wanted: Vec::new(),
        steps: Vec::new(),
        held: Vec::new(),
        weight: 0,
        dropouts: 0,
        keeping: 0,
        tables: Vec::new(),
        sides: Vec::new(),
        checked: Vec::new(),
        item: "",
    };
    let mut axes = *axes;
    let flow = lowering.input(&axes, purpose.goes_back && purpose.of_input);
    lowering.enter_sides(sides, plan, &axes)?;
    let y = match purpose.last {
        true => lowering.network_at_last(plan, flow, &mut axes)?,
        false => lowering.network(plan, flow, &mut axes)?.numbers(),
    };
    Ok(lowering.program(y, axes))
}

impl Lowering {
    fn program(mut self, y: Value, axes: Axes) -> Program {
        let mut ends = Ends { inputs: self.inputs, y: Some(y), ..Ends::default() };
        ends.of_inputs = vec![None; ends.inputs.len()];
        let mut backward = Vec::new();
        if self.purpose.goes_back {
            (backward, ends.of_y, ends.of_inputs) =
                WayBack::make(&self.steps, &mut self.lengths, self.wanted, y, &ends.inputs);
        }
        let steps = match self.purpose.frozen {
            true => in_row_blocks(self.steps, &self.lengths, y),
            false => self.steps,
        };
        let mut program = Program::new(steps, backward, self.lengths, ends, axes);
        program.draws = self.dropouts > 0;
        program
    }

    /// The next input.
    fn input(&mut self, axes: &Axes, wanted: bool) -> Flow {
        if axes.are_ids() {
            let input = self.inputs.iter().filter(|input| input.is_none()).count();
            self.inputs.push(None);
            return Flow::Ids(IdsAt { input, times: 1 });
        }
        let value = self.value(axes.elements() as usize, wanted);
        self.inputs.push(Some(value));
        Flow::Numbers(value)
    }

    /// A new value; `wanted` says whether its gradient is.
    fn value(&mut self, length: usize, wanted: bool) -> Value {
        self.lengths.push(length);
        self.wanted.push(wanted);
        Value::new(self.lengths.len() - 1)
    }

    fn len(&self, value: Value) -> usize {
        self.lengths[value.index()]
    }

    fn wants(&self, value: Value) -> bool {
        self.wanted[value.index()]
    }

    /// A value like another one, made of it.
    fn like(&mut self, value: Value) -> Value {
        self.value(self.len(value), self.wants(value))
    }

    fn push(&mut self, step: impl Into<Forward>) {
        self.steps.push(step.into());
    }

    /// The next weight.
    fn take(&mut self) -> usize {
        self.weight += 1;
        self.weight - 1
    }

    fn network(&mut self, plan: &Plan, x: Flow, axes: &mut Axes) -> Result<Flow, Error> {
        if !axes.ends_in(&plan.input) {
            return Err(Error::axes(plan.name, &plan.input, axes));
        }
        let outer = axes.leading();
        *axes = axes.entering(&plan.input);
        let outer_tables = std::mem::take(&mut self.tables);
        let y = self.body(plan.body, x, axes)?;
        self.tables = outer_tables;
        *axes = axes.with_leading(outer);
        Ok(y)
    }

    /// As [`network`](Self::network), of the last position alone.
    fn network_at_last(&mut self, plan: &Plan, x: Flow, axes: &mut Axes) -> Result<Value, Error> {
        if !axes.ends_in(&plan.input) {
            return Err(Error::axes(plan.name, &plan.input, axes));
        }
        let outer = axes.leading();
        *axes = axes.entering(&plan.input);
        let (mixing, alone) = plan.body.split_at(uses::rows_alone(plan.body));
        let x = self.body(mixing, x, axes)?;
        let x = match x {
            Flow::Numbers(x) => {
                let [rows, width] = [2, 1].map(|from_end| axes.from_end(from_end).size().unwrap_or(1));
                let last = self.pool_rows(x, Pooling { kind: Pool::Last, rows, width, mask: None });
                let features = axes.from_end(1);
                *axes = axes.without_last(2).push(Axis::Static(1)).push(features);
                Flow::Numbers(last)
            }
            ids @ Flow::Ids(_) => ids,
        };
        let y = self.body(alone, x, axes)?.numbers();
        *axes = axes.with_leading(outer);
        Ok(y)
    }

    fn body(&mut self, body: &[Item], mut x: Flow, axes: &mut Axes) -> Result<Flow, Error> {
        for item in body {
            self.item = item.name;
            x = match &item.node {
                Node::Op(op) => {
                    let y = self.op(op, x, axes)?;
                    if !op.keeps_axes() {
                        *axes = op.output(*axes);
                    }
                    Flow::Numbers(y)
                }
                Node::Residual { body } => Flow::Numbers(self.residual(body, x.numbers(), axes)?),
                Node::Fork { join, branches } => Flow::Numbers(self.fork(*join, branches, x, axes)?),
                Node::Network { plan, count, sides } => {
                    let sides = self.sides_of(plan, sides, axes)?;
                    let outer = std::mem::replace(&mut self.sides, sides);
                    for _ in 0..*count {
                        x = self.network(plan, x, axes)?;
                    }
                    self.sides = outer;
                    x
                }
            };
        }
        Ok(x)
    }

    fn residual(&mut self, body: &[Item], x: Value, axes: &Axes) -> Result<Value, Error> {
        self.held.push(x);
        let update = self.body(body, Flow::Numbers(x), &mut { *axes })?.numbers();
        self.held.pop();
        Ok(self.add(update, x))
    }

    /// The sum; by the product that gave `left`, where it can.
    fn add(&mut self, left: Value, right: Value) -> Value {
        let held = self.held.contains(&left);
        let wanted = self.wants(left) || self.wants(right);
        if let Some(Forward::Product(product)) = self.steps.last_mut()
            && product.y == left
            && left != right
            && !held
            && product.skip.is_none()
            && product.activation.is_none()
            && product.norm.is_none()
        {
            product.skip = Some(right);
            self.wanted[left.index()] = wanted;
            return left;
        }
        let to = self.value(self.len(left), wanted);
        self.push(Add { from: left, other: right, to });
        to
    }

    fn fork(&mut self, join: Join, branches: &[Branch], x: Flow, axes: &mut Axes) -> Result<Value, Error> {
        let entered = *axes;
        let held = self.held.len();
        if let Flow::Numbers(x) = x {
            self.held.push(x);
        }
        let mut parts: Vec<(Value, usize)> = Vec::with_capacity(branches.len());
        for branch in branches {
            *axes = entered;
            let y = self.body(branch.body, x, axes)?.numbers();
            parts.push((y, axes.from_end(1).size().unwrap_or(1)));
            self.held.push(y);
        }
        self.held.truncate(held);
        let mut y = parts[0].0;
        match join {
            Join::Add => {
                for &(right, _) in &parts[1..] {
                    y = self.add(right, y);
                }
            }
            Join::Mul => {
                for &(right, _) in &parts[1..] {
                    let product = self.value(self.len(y), self.wants(y) || self.wants(right));
                    self.push(Multiply { left: y, right, y: product });
                    y = product;
                }
            }
            Join::Concat => {
                let width = parts.iter().map(|(_, width)| width).sum();
                let length = parts.iter().map(|&(part, _)| self.len(part)).sum();
                let wanted = parts.iter().any(|&(part, _)| self.wants(part));
                y = self.value(length, wanted);
                self.push(Concat { parts, y });
                *axes = axes.with_features(Axis::Static(width));
            }
        }
        Ok(y)
    }
}
