//! The steps of each op, `attention` aside.

use std::sync::Arc;

use super::super::steps::{
    Activate, AddRows, Dropout, Embed, Forward, Norm, Product, Projection, RowsOf, Scale,
};
use super::super::value::Value;
use super::{Flow, Lowering};
use crate::Error;
use crate::exec::{Constant, Mode};
use crate::ops::{Activation, EmbeddingOp, LinearOp, Op, PositionalOp, Positions, UnembedOp};
use crate::plan::Axes;

impl Lowering {
    /// What the op gives.
    pub(super) fn op(&mut self, op: &Op, x: Flow, axes: &Axes) -> Result<Value, Error> {
        let width = axes.from_end(1).size().unwrap_or(1);
        match op {
            Op::Embedding(op) => Ok(self.embedding(op, x, axes)),
            Op::Linear(LinearOp { inputs, outputs, bias }) => {
                let projection = self.projection(*outputs, *bias);
                Ok(self.product(x.numbers(), projection, *inputs))
            }
            Op::Activation(activation) => Ok(self.activation(*activation, x.numbers(), width)),
            Op::LayerNorm(op) => Ok(self.norm(x.numbers(), op.eps, true, width)),
            Op::RmsNorm(op) => Ok(self.norm(x.numbers(), op.eps, false, width)),
            Op::Dropout(op) => Ok(self.dropout(op.probability, x.numbers())),
            Op::Flatten(_) => Ok(x.numbers()),
            Op::Unembed(op) => Ok(self.unembed(op, x.numbers())),
            Op::Positional(op) => self.positional(op, x.numbers(), axes),
            Op::Attention(op) => Ok(self.attention(op, x.numbers(), axes)),
            _ => unreachable!("`supports` lists what runs here"),
        }
    }

    /// The next weight `[outputs, inputs]` and its bias.
    pub(super) fn projection(&mut self, outputs: usize, bias: bool) -> Projection {
        let weight = self.take();
        Projection { weight, bias: bias.then(|| self.take()), outputs, trains: true }
    }

    pub(super) fn product(&mut self, x: Value, projection: Projection, inputs: usize) -> Value {
        let rows = self.len(x) / inputs;
        let y = self.value(rows * projection.outputs, projection.trains || self.wants(x));
        self.push(Product { x, y, projection, inputs, scale: 1.0, skip: None, activation: None });
        y
    }

    /// By the product that gave `x`, where nobody needs what it gave.
    fn activation(&mut self, activation: Activation, x: Value, width: usize) -> Value {
        let alone = !self.purpose.goes_back || activation.goes_back_by_output();
        if let Some(Forward::Product(product)) = self.steps.last_mut()
            && product.y == x
            && alone
            && !self.held.contains(&x)
            && product.activation.is_none()
        {
            product.activation = Some(activation);
            return x;
        }
        let y = self.like(x);
        self.push(Activate { x, y, width, activation });
        y
    }

    fn norm(&mut self, x: Value, eps: f64, with_bias: bool, width: usize) -> Value {
        let weight = self.take();
        let bias = with_bias.then(|| self.take());
        let y = self.value(self.len(x), true);
        let moments = self.value(2 * self.len(x) / width, false);
        self.push(Norm { x, y, moments, scale: Scale { weight, bias, width }, eps: eps as f32 });
        y
    }

    fn dropout(&mut self, probability: f64, from: Value) -> Value {
        if self.purpose.mode == Mode::Inference {
            return from;
        }
        let to = self.like(from);
        self.push(Dropout { from, to, probability, which: self.dropouts });
        self.dropouts += 1;
        to
    }

    fn embedding(&mut self, op: &EmbeddingOp, x: Flow, axes: &Axes) -> Value {
        let EmbeddingOp { vocabulary, width, .. } = *op;
        let Flow::Ids(ids) = x else { unreachable!("`supports` lists what runs here") };
        let table = self.take();
        self.tables
            .push((self.item, Projection { weight: table, bias: None, outputs: vocabulary, trains: true }));
        let y = self.value(axes.elements() as usize * width, true);
        let (item, axes) = (self.item, *axes);
        self.push(Embed { ids, table, width, vocabulary, before: None, y, item, axes });
        y
    }

    fn unembed(&mut self, op: &UnembedOp, x: Value) -> Value {
        match self.tables.iter().find(|(name, _)| *name == op.tie) {
            Some(&(_, table)) => self.product(x, table, op.width),
            None => unreachable!("no embedding `{}` ran before, which the macro refuses", op.tie),
        }
    }

    fn positional(&mut self, op: &PositionalOp, x: Value, axes: &Axes) -> Result<Value, Error> {
        let PositionalOp { most, width, kind } = *op;
        let positions = axes.from_end(2).size().unwrap_or(1);
        if positions > most {
            return Err(Error::TooLong { item: self.item, given: positions, most });
        }
        let rows = match kind {
            Positions::Learned => RowsOf::Weight(self.take()),
            Positions::Sinusoidal => RowsOf::Constant(Arc::from(
                Constant::Sinusoids { start: 0, positions, width }.values::<f32>(),
            )),
        };
        let y = self.like(x);
        self.wanted[y.index()] |= matches!(rows, RowsOf::Weight(_));
        self.push(AddRows { x, y, rows, length: positions * width });
        Ok(y)
    }
}
