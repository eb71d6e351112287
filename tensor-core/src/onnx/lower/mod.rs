//! From a plan to a graph: the items one after another.

mod attention;
mod features;
mod image;
mod positions;
mod sequence;

use std::collections::VecDeque;

use super::OnnxError;
use super::graph::{Graph, Value};
use super::proto::{Attribute, GraphMessage};
use super::signature::Signature;
use crate::ops::Op;
use crate::plan::{Axes, Axis, Branch, Item, Join, Node, Plan, name_here};

/// A graph that is being written.
pub(super) struct Lowering {
    plan: &'static Plan,
    graph: Graph,
    /// The keys of the weights, in the order in which the items take them.
    weights: VecDeque<Value>,
    scope: Scope,
    main: Flow,
    /// Where the sizes are found that the compiler does not know.
    sizes: Vec<SizeOf>,
}

/// What the items of one network see by name.
struct Scope {
    sides: Vec<(&'static str, Flow)>,
    /// Embeddings' tables.
    tables: Vec<(&'static str, Value)>,
}

/// What flows: a value, and the axes that it has.
#[derive(Clone)]
struct Flow {
    value: Value,
    axes: Axes,
}

/// An axis of an input from which a size is read: that of `name`, and `plus` more.
struct SizeOf {
    name: &'static str,
    plus: isize,
    input: Value,
    place: usize,
}

impl Lowering {
    /// A graph for `plan` with these inputs and weights, whose numbers are of type `float`.
    pub(super) fn new(plan: &'static Plan, signature: &Signature, keys: Vec<Value>, float: i32) -> Self {
        let flow =
            |input: &super::signature::Input| Flow { value: input.name.as_str().into(), axes: input.axes };
        let (main, sides): (_, Vec<_>) = (flow(&signature.main), signature.sides.iter().map(flow).collect());
        let output: Value = signature.output.as_str().into();
        let names =
            keys.iter().chain([&output, &main.value]).chain(sides.iter().map(|side| &side.value)).cloned();
        let mut sizes: Vec<SizeOf> = Vec::new();
        for input in [&main].into_iter().chain(&sides) {
            for (place, axis) in input.axes.as_slice().iter().enumerate() {
                if let Axis::Runtime { name, plus } = *axis
                    && sizes.iter().all(|size| size.name != name)
                {
                    sizes.push(SizeOf { name, plus, input: input.value.clone(), place });
                }
            }
        }
        let graph = Graph::new(float, names);
        let sides = plan.sides.iter().map(|side| side.name).zip(sides).collect();
        let scope = Scope { sides, tables: Vec::new() };
        Lowering { plan, graph, weights: keys.into(), scope, main, sizes }
    }

    /// The nodes, and the axes of what they give.
    pub(super) fn run(mut self, output: &str) -> Result<(GraphMessage, Axes), OnnxError> {
        let result = self.body(self.plan.body, self.main.clone())?;
        debug_assert!(self.weights.is_empty(), "no item took {:?}", self.weights);
        Ok((self.graph.finish(&result.value, output), result.axes))
    }

    fn body(&mut self, items: &[Item], mut x: Flow) -> Result<Flow, OnnxError> {
        for item in items {
            x = match &item.node {
                Node::Op(op) => self.within(item.name.to_owned(), |this| this.op(item.name, op, x))?,
                Node::Residual { body } => {
                    let update = self.body(body, x.clone())?;
                    let value = self
                        .within(item.name.to_owned(), |this| this.graph.join("Add", &x.value, &update.value));
                    Flow { value, ..x }
                }
                Node::Fork { join, branches } => {
                    let branches = self.branches(branches, &x)?;
                    self.within(item.name.to_owned(), |this| this.joined(*join, &branches, x.axes))
                }
                Node::Network { plan, count, sides } => self.network(item.name, plan, *count, sides, x)?,
            };
        }
        Ok(x)
    }

    /// What `write` writes, under this item's name.
    fn within<T>(&mut self, item: String, write: impl FnOnce(&mut Self) -> T) -> T {
        self.graph.enter(item);
        let written = write(self);
        self.graph.leave();
        written
    }

    fn branches(&mut self, branches: &[Branch], x: &Flow) -> Result<Vec<Flow>, OnnxError> {
        branches.iter().map(|branch| self.body(branch.body, x.clone())).collect()
    }

    fn joined(&mut self, join: Join, branches: &[Flow], entered: Axes) -> Flow {
        let values: Vec<&Value> = branches.iter().map(|branch| &branch.value).collect();
        let axes = branches.first().map_or(entered, |branch| branch.axes);
        let all_of = |graph: &mut Graph, op_type: &str| {
            let mut values = values.iter().copied();
            let first = values.next().cloned();
            first.map(|first| values.fold(first, |sum, next| graph.join(op_type, &sum, next)))
        };
        let (value, axes) = match join {
            Join::Add => (all_of(&mut self.graph, "Add"), axes),
            Join::Mul => (all_of(&mut self.graph, "Mul"), axes),
            Join::Concat => {
                let features = branches.iter().filter_map(|branch| branch.axes.features()).sum();
                let value = self.graph.node("Concat", &values, vec![Attribute::int("axis", -1)]);
                (Some(value), axes.with_features(Axis::Static(features)))
            }
        };
        let value = value.unwrap_or_else(|| unreachable!("a fork without branches, which the macro refuses"));
        Flow { value, axes }
    }

    fn network(
        &mut self,
        name: &'static str,
        plan: &'static Plan,
        count: usize,
        names: &[(&'static str, &'static str)],
        mut x: Flow,
    ) -> Result<Flow, OnnxError> {
        let sides = plan.sides.iter().map(|side| (side.name, self.side(name_here(side.name, names))));
        let scope = Scope { sides: sides.collect(), tables: Vec::new() };
        let outer = std::mem::replace(&mut self.scope, scope);
        let leading = x.axes.leading();
        for i in 0..count {
            let item = if count == 1 { name.to_owned() } else { format!("{name}.{i}") };
            let entering = Flow { axes: x.axes.entering(&plan.input), ..x };
            x = self.within(item, |this| this.body(plan.body, entering))?;
            x.axes = x.axes.with_leading(leading);
            self.scope.tables.clear();
        }
        self.scope = outer;
        Ok(x)
    }

    fn op(&mut self, name: &'static str, op: &Op, x: Flow) -> Result<Flow, OnnxError> {
        let axes = &x.axes;
        let value = match op {
            Op::Linear(op) => self.linear_item(op, &x),
            Op::Activation(op) => self.activation(*op, &x.value),
            Op::LayerNorm(op) => self.layer_norm(op, &x.value),
            Op::RmsNorm(op) => {
                let weight = self.weight();
                self.rms_norm(&x.value, &weight, op.eps)
            }
            Op::Dropout(_) => x.value,
            Op::Flatten(_) => self.flatten(&x),
            Op::Lora(op) => self.lora(op, &x),
            Op::Embedding(op) => self.embedding(name, op, &x),
            Op::Unembed(op) => {
                let table = self.table(op.tie);
                self.product(&x.value, axes.len(), &table, None)
            }
            Op::Positional(op) => self.positional(op, &x)?,
            Op::Attention(op) => self.attention(op, &x),
            Op::Pool(op) => self.pool(op, &x),
            Op::ClassToken(_) => self.class_token(&x),
            Op::Patches(op) => self.patches(op, &x),
            Op::Conv2d(op) => self.conv2d(op, &x),
            Op::Pool2d(op) => self.pool2d(op, &x),
        };
        Ok(Flow { value, axes: op.output(x.axes) })
    }

    /// The key of the next weight.
    fn weight(&mut self) -> Value {
        let next = self.weights.pop_front();
        next.unwrap_or_else(|| unreachable!("the plan has more weights than the network"))
    }

    /// The side input of this name in the current network.
    fn side(&self, name: &str) -> Flow {
        match self.scope.sides.iter().find(|(side, _)| *side == name) {
            Some((_, flow)) => flow.clone(),
            None => unreachable!("no side input `{name}`, which the plan's check refuses"),
        }
    }

    /// The table of the embedding `name` of the current network.
    fn table(&self, name: &str) -> Value {
        match self.scope.tables.iter().find(|(item, _)| *item == name) {
            Some((_, table)) => table.clone(),
            None => unreachable!("no embedding `{name}` came before, which the macro refuses"),
        }
    }
}
