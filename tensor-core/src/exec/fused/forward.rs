//! The way forward, and what it keeps for the way back.

use std::rc::Rc;
use std::sync::Arc;

use super::record::{Input, Record, Taken};
use super::{Buffer, Slot};
use crate::Error;
use crate::exec::{Constant, Mode, place_of};
use crate::kernels::attention::{Heads, attend};
use crate::kernels::elementwise::{activate, add, fill_rows};
use crate::kernels::matmul::{Into, Matrix, Threads, multiply};
use crate::kernels::norm::norm;
use crate::kernels::rotary::Turns;
use crate::ops::{
    Activation, AttentionOp, EmbeddingOp, LinearOp, Mask, Op, PositionalOp, Positions, UnembedOp,
};
use crate::plan::{Axes, Axis as PlanAxis, Branch, Item, Join, Node, Plan};

/// A running network.
pub(crate) struct Machine {
    hosts: std::iter::Enumerate<std::vec::IntoIter<Arc<[f32]>>>,
    mode: Mode,
    keeps: bool,
    random: u64,
    records: Vec<Record>,
    tables: Vec<(&'static str, Slot)>,
    item: &'static str,
}

impl Machine {
    pub(super) fn new(hosts: Vec<Arc<[f32]>>, mode: Mode, keeps: bool, random: u64) -> Self {
        let hosts = hosts.into_iter().enumerate();
        Machine { hosts, mode, keeps, random, records: Vec::new(), tables: Vec::new(), item: "" }
    }

    pub(super) fn into_records(self) -> Vec<Record> {
        self.records
    }

    pub(super) fn run(&mut self, plan: &Plan, x: Input, axes: &mut Axes) -> Result<Buffer, Error> {
        let outer = axes.leading();
        *axes = axes.entering(&plan.input);
        let tables = std::mem::take(&mut self.tables);
        let y = self.run_body(plan.body, x, axes)?;
        self.tables = tables;
        *axes = axes.with_leading(outer);
        Ok(y.numbers())
    }

    fn run_body(&mut self, body: &[Item], mut x: Input, axes: &mut Axes) -> Result<Input, Error> {
        for item in body {
            self.item = item.name;
            x = Input::Numbers(match (&item.node, x) {
                (Node::Op(Op::Embedding(op)), Input::Ids(ids)) => {
                    let y = self.embedding(op, ids, axes)?;
                    *axes = Op::Embedding(*op).output(*axes);
                    y
                }
                (Node::Op(op), Input::Numbers(x)) => {
                    let y = self.run_op(op, x, axes)?;
                    *axes = op.output(*axes);
                    y
                }
                (Node::Residual { body }, Input::Numbers(x)) => self.residual(body, x, axes)?,
                (Node::Fork { join, branches }, x) => self.fork(*join, branches, x, axes)?,
                (Node::Network { plan, count, .. }, mut x) => {
                    for _ in 0..*count {
                        x = Input::Numbers(self.run(plan, x, axes)?);
                    }
                    x.numbers()
                }
                _ => unreachable!("the plan was checked, and `supports` lists what runs here"),
            });
        }
        Ok(x)
    }

    fn keep(&mut self, record: impl FnOnce() -> Record) {
        if self.keeps {
            self.records.push(record());
        }
    }

    fn slot(&mut self) -> Slot {
        match self.hosts.next() {
            Some((index, numbers)) => Slot { numbers, index },
            None => unreachable!("a network has all the weights that its plan asks for"),
        }
    }

    fn residual(&mut self, body: &[Item], x: Buffer, axes: &Axes) -> Result<Buffer, Error> {
        let outer = std::mem::take(&mut self.records);
        let update = self.run_body(body, Input::Numbers(x.clone()), &mut { *axes })?;
        let inner = std::mem::replace(&mut self.records, outer);
        self.keep(|| Record::Residual(inner));
        let mut y = owned(update.numbers());
        add(&mut y, &x);
        Ok(Rc::new(y))
    }

    fn fork(&mut self, join: Join, branches: &[Branch], x: Input, axes: &mut Axes) -> Result<Buffer, Error> {
        let entered = *axes;
        let outer = std::mem::take(&mut self.records);
        let (mut taken, mut widths) = (Vec::new(), Vec::new());
        for branch in branches {
            *axes = entered;
            let y = self.run_body(branch.body, x.clone(), axes)?.numbers();
            widths.push(axes.from_end(1).size().unwrap_or(1));
            taken.push(Taken { records: std::mem::take(&mut self.records), y });
        }
        self.records = outer;
        let (y, width) = match join {
            Join::Concat => (side_by_side(&taken, &widths), widths.iter().sum()),
            Join::Add | Join::Mul => {
                let mut y = taken[0].y.to_vec();
                for branch in &taken[1..] {
                    let each = y.iter_mut().zip(branch.y.iter());
                    match join {
                        Join::Add => each.for_each(|(y, x)| *y += x),
                        _ => each.for_each(|(y, x)| *y *= x),
                    }
                }
                (y, widths[0])
            }
        };
        *axes = axes.with_features(PlanAxis::Static(width));
        self.keep(|| Record::Fork { join, branches: taken, width });
        Ok(Rc::new(y))
    }

    fn run_op(&mut self, op: &Op, x: Buffer, axes: &Axes) -> Result<Buffer, Error> {
        let width = axes.from_end(1).size().unwrap_or(1);
        match op {
            Op::Linear(op) => Ok(self.linear(op, x)),
            Op::Activation(activation) => Ok(self.activation(*activation, x, width)),
            Op::LayerNorm(op) => Ok(self.norm(x, op.eps, true)),
            Op::RmsNorm(op) => Ok(self.norm(x, op.eps, false)),
            Op::Dropout(op) => Ok(self.dropout(op.probability, x)),
            Op::Flatten(_) => Ok(x),
            Op::Unembed(op) => Ok(self.unembed(op, x)),
            Op::Positional(op) => self.positional(op, x, axes),
            Op::Attention(op) => Ok(self.attention(op, x, axes)),
            _ => unreachable!("`supports` lists what runs here"),
        }
    }

    fn linear(&mut self, op: &LinearOp, x: Buffer) -> Buffer {
        let (weight, bias) = (self.slot(), op.bias.then(|| self.slot()));
        self.multiply_by((weight, bias), x, op.inputs, op.outputs)
    }

    fn multiply_by(
        &mut self,
        (weight, bias): (Slot, Option<Slot>),
        x: Buffer,
        inputs: usize,
        outputs: usize,
    ) -> Buffer {
        let rows = x.len() / inputs;
        let y = project(&x, &weight, bias.as_ref(), rows, inputs, outputs);
        self.keep(|| Record::Linear { x, weight, bias, rows, inputs, outputs });
        Rc::new(y)
    }

    fn activation(&mut self, activation: Activation, x: Buffer, width: usize) -> Buffer {
        let over_rows = matches!(activation, Activation::Softmax | Activation::LogSoftmax);
        let kept = x.clone();
        let mut y = owned(x);
        activate(&mut y, width, activation);
        let y = Rc::new(y);
        let x = if over_rows { y.clone() } else { kept };
        self.keep(|| Record::Activation { activation, x, width });
        y
    }

    fn norm(&mut self, x: Buffer, eps: f64, with_bias: bool) -> Buffer {
        let (weight, bias) = (self.slot(), with_bias.then(|| self.slot()));
        let mut y = vec![0.0; x.len()];
        let moments =
            norm(&mut y, &x, &weight.numbers, bias.as_ref().map_or(&[], |bias| &bias.numbers), eps as f32);
        self.keep(|| Record::Norm { x, moments, weight, bias });
        Rc::new(y)
    }

    fn dropout(&mut self, probability: f64, x: Buffer) -> Buffer {
        if self.mode == Mode::Inference {
            return x;
        }
        let factors = dropout_factors(&mut self.random, probability, x.len());
        let mut y = owned(x);
        y.iter_mut().zip(&factors).for_each(|(y, factor)| *y *= factor);
        self.keep(|| Record::Dropout { factors });
        Rc::new(y)
    }

    fn embedding(&mut self, op: &EmbeddingOp, ids: Rc<Vec<usize>>, axes: &Axes) -> Result<Buffer, Error> {
        let EmbeddingOp { vocabulary, width, .. } = *op;
        let table = self.slot();
        if let Some(place) = ids.iter().position(|&id| id >= vocabulary) {
            let (item, id) = (self.item, ids[place]);
            return Err(Error::Id { item, id, place: place_of(place, axes), vocabulary });
        }
        let mut y = Vec::with_capacity(ids.len() * width);
        for &id in ids.iter() {
            y.extend_from_slice(&table.numbers[id * width..][..width]);
        }
        self.tables.push((self.item, table.clone()));
        self.keep(|| Record::Embedding { ids, table, width });
        Ok(Rc::new(y))
    }

    fn unembed(&mut self, op: &UnembedOp, x: Buffer) -> Buffer {
        let UnembedOp { vocabulary, width, tie } = *op;
        let table = match self.tables.iter().find(|(name, _)| *name == tie) {
            Some((_, table)) => table.clone(),
            None => unreachable!("no embedding `{tie}` ran before, which the macro refuses"),
        };
        self.multiply_by((table, None), x, width, vocabulary)
    }

    fn positional(&mut self, op: &PositionalOp, x: Buffer, axes: &Axes) -> Result<Buffer, Error> {
        let PositionalOp { most, width, kind } = *op;
        let positions = axes.from_end(2).size().unwrap_or(1);
        if positions > most {
            return Err(Error::TooLong { item: self.item, given: positions, most });
        }
        let mut y = owned(x);
        match kind {
            Positions::Learned => {
                let weight = self.slot();
                let each = &weight.numbers[..positions * width];
                y.chunks_exact_mut(each.len()).for_each(|rows| add(rows, each));
                self.keep(|| Record::Positional { weight, positions, width });
            }
            Positions::Sinusoidal => {
                let each: Vec<f32> = Constant::Sinusoids { start: 0, positions, width }.values();
                y.chunks_exact_mut(each.len()).for_each(|rows| add(rows, &each));
            }
        }
        Ok(Rc::new(y))
    }

    fn attention(&mut self, op: &AttentionOp, x: Buffer, axes: &Axes) -> Buffer {
        let positions = axes.from_end(2).size().unwrap_or(1);
        let rows = x.len() / op.width;
        let weights: [(Slot, Option<Slot>); 3] =
            std::array::from_fn(|_| (self.slot(), op.bias.then(|| self.slot())));
        let outputs = [op.w_q[1], op.w_k[1], op.w_v[1]];
        let each = |place: usize| {
            let (weight, bias) = &weights[place];
            project(&x, weight, bias.as_ref(), rows, op.width, outputs[place])
        };
        let [mut q, mut k, v] = [each(0), each(1), each(2)];
        let turns = op.rope.map(|base| Turns::new(base, positions, op.w_q[1] / op.heads));
        if let Some(turns) = &turns {
            turns.turn(&mut q, op.w_q[1]);
            turns.turn(&mut k, op.w_k[1]);
        }
        let [q, k, v] = [q, k, v].map(Rc::new);
        let (causal, window) = match op.mask {
            Mask::Window(window) => (true, Some(window)),
            mask => (matches!(mask, Mask::Causal), None),
        };
        let heads = Heads {
            sequences: rows / positions,
            positions: [positions, positions],
            heads: op.heads,
            kv_heads: op.kv_heads,
            head_dim: op.w_q[1] / op.heads,
            value_dim: op.w_v[1] / op.kv_heads,
            causal,
            window,
        };
        let (joined, shares) = attend(&heads, &q, &k, &v, self.keeps);
        self.keep(|| Record::Projections { x, weights, rows, width: op.width });
        self.keep(|| Record::Attention { heads, turns, q, k, v, shares });
        let joined = Rc::new(joined);
        match op.w_o {
            None => joined,
            Some([inputs, outputs]) => self.linear(&LinearOp { inputs, outputs, bias: op.bias }, joined),
        }
    }
}

/// The rows of branches, one after the other.
fn side_by_side(branches: &[Taken], widths: &[usize]) -> Vec<f32> {
    let mut y = Vec::new();
    for row in 0..branches[0].y.len() / widths[0] {
        for (branch, width) in branches.iter().zip(widths) {
            y.extend_from_slice(&branch.y[row * width..][..*width]);
        }
    }
    y
}

/// The numbers to change: themselves if nobody else has them, else a copy.
fn owned(x: Buffer) -> Vec<f32> {
    Rc::try_unwrap(x).unwrap_or_else(|shared| shared.as_ref().clone())
}

/// x·Wᵀ + b
fn project(
    x: &[f32],
    weight: &Slot,
    bias: Option<&Slot>,
    rows: usize,
    inputs: usize,
    outputs: usize,
) -> Vec<f32> {
    let mut y = vec![0.0; rows * outputs];
    let mut how = Into::Replace;
    if let Some(bias) = bias {
        fill_rows(&mut y, &bias.numbers);
        how = Into::Add;
    }
    let weight = Matrix::new(&weight.numbers, outputs, inputs).transposed();
    multiply(&mut y, outputs, how, 1.0, Matrix::new(x, rows, inputs), weight, Threads::All);
    y
}

/// 0 with the given probability, else 1 / (1 − p); drawn by SplitMix64.
fn dropout_factors(state: &mut u64, probability: f64, count: usize) -> Vec<f32> {
    let (keep, bound) = (1.0 / (1.0 - probability) as f32, (probability * 4_294_967_296.0) as u64);
    let mut draw = || {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let factor = |bits: u64| if bits < bound { 0.0 } else { keep };
    let mut factors = Vec::with_capacity(count + 1);
    while factors.len() < count {
        let bits = draw();
        factors.extend([factor(bits & 0xffff_ffff), factor(bits >> 32)]);
    }
    factors.truncate(count);
    factors
}
