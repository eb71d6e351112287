//! The steps of each op, `attention` and those on images aside.

use std::sync::Arc;

use super::super::steps::{
    Activate, AddPlaces, AddRows, Concat, Dropout, Embed, Forward, Norm, Pooling, Product, Projection,
    RowsOf, Scale,
};
use super::super::value::Value;
use super::{Flow, Lowering};
use crate::Error;
use crate::exec::{Constant, Mode};
use crate::kernels::Activation;
use crate::ops::{
    ClassTokenOp, EmbeddingOp, LinearOp, LoraOp, Op, PoolOp, PositionalOp, Positions, UnembedOp,
};
use crate::plan::Axes;

/// A matrix, and the pair of low rank beside it where it is adapted.
pub(super) struct Matrix {
    pub(super) projection: Projection,
    pub(super) inputs: usize,
    pub(super) pair: Option<Pair>,
}

/// A and B, and what their product is multiplied with.
pub(super) struct Pair {
    a: Projection,
    b: Projection,
    scale: f64,
}

impl Lowering {
    /// What the op gives.
    pub(super) fn op(&mut self, op: &Op, x: Flow, axes: &Axes) -> Result<Value, Error> {
        if self.purpose.step.is_some()
            && let Some(why) = op.refuses_steps()
        {
            return Err(Error::NotStepwise { item: self.item, why });
        }
        let width = axes.from_end(1).size().unwrap_or(1);
        match op {
            Op::Embedding(op) => self.embedding(op, x, axes),
            Op::Linear(LinearOp { inputs, outputs, bias }) => {
                let projection = self.projection(*outputs, *bias);
                Ok(self.product(x.numbers(), projection, *inputs))
            }
            Op::Activation(activation) => Ok(self.activation(activation.of_kernels(), x.numbers(), width)),
            Op::LayerNorm(op) => {
                let scale = self.scale(width, true);
                Ok(self.norm(x.numbers(), op.eps, scale))
            }
            Op::RmsNorm(op) => {
                let scale = self.scale(width, false);
                Ok(self.norm(x.numbers(), op.eps, scale))
            }
            Op::Dropout(op) => Ok(self.dropout(op.probability, x.numbers())),
            Op::Flatten(_) => Ok(x.numbers()),
            Op::Unembed(op) => Ok(self.unembed(op, x.numbers())),
            Op::Positional(op) => self.positional(op, x.numbers(), axes),
            Op::Attention(op) => self.attention(op, x.numbers(), axes),
            Op::Lora(op) => {
                let matrix = self.adapted(op);
                Ok(self.through(x.numbers(), matrix))
            }
            Op::Pool(op) => self.pool(op, x.numbers(), axes),
            Op::ClassToken(op) => Ok(self.class_token(op, x.numbers(), axes)),
            Op::Patches(op) => Ok(self.patches(op, x.numbers(), axes)),
            Op::Conv2d(op) => Ok(self.conv2d(op, x.numbers(), axes)),
            Op::Pool2d(op) => Ok(self.pool2d(op, x.numbers(), axes)),
        }
    }

    /// The next weight `[outputs, inputs]` and its bias.
    pub(super) fn projection(&mut self, outputs: usize, bias: bool) -> Projection {
        let weight = self.take();
        Projection { weight, bias: bias.then(|| self.take()), outputs, trains: true }
    }

    pub(super) fn product(&mut self, x: Value, projection: Projection, inputs: usize) -> Value {
        self.scaled_product(x, projection, inputs, 1.0)
    }

    fn scaled_product(&mut self, x: Value, projection: Projection, inputs: usize, scale: f64) -> Value {
        let rows = self.len(x) / inputs;
        let y = self.value(rows * projection.outputs, projection.trains || self.wants(x));
        let scale = scale as f32;
        self.push(Product { x, y, projection, inputs, scale, skip: None, activation: None, norm: None });
        y
    }

    /// By the product that gave `x`, where nobody needs what it gave. (Its rows may be others: a flatten may stand between.)
    fn activation(&mut self, activation: Activation, x: Value, width: usize) -> Value {
        let alone = !self.purpose.goes_back || activation.goes_back_by_output();
        if let Some(Forward::Product(product)) = self.steps.last_mut()
            && product.y == x
            && (activation.is_by_number() || product.projection.outputs == width)
            && alone
            && !self.held.contains(&x)
            && product.activation.is_none()
            && product.norm.is_none()
        {
            product.activation = Some(activation);
            return x;
        }
        let y = self.like(x);
        self.push(Activate { x, y, width, activation });
        y
    }

    /// The weights of a norm.
    pub(super) fn scale(&mut self, width: usize, with_bias: bool) -> Scale {
        Scale { weight: self.take(), bias: with_bias.then(|| self.take()), width }
    }

    pub(super) fn norm(&mut self, x: Value, eps: f64, scale: Scale) -> Value {
        let y = self.value(self.len(x), true);
        let moments = self.value(2 * self.len(x) / scale.width, false);
        let norm = Norm { x, y, moments, scale, eps: eps as f32 };
        match self.steps.last_mut() {
            Some(Forward::Product(product))
                if product.y == x && product.norm.is_none() && product.projection.outputs == scale.width =>
            {
                product.norm = Some(norm);
            }
            _ => self.push(norm),
        }
        y
    }

    fn dropout(&mut self, probability: f64, from: Value) -> Value {
        if self.purpose.mode == Mode::Inference {
            return from;
        }
        let (to, which) = (self.like(from), self.next_dropout());
        self.push(Dropout { from, to, probability, which });
        to
    }

    pub(super) fn next_dropout(&mut self) -> u64 {
        self.dropouts += 1;
        self.dropouts - 1
    }

    /// The next weights, as those of an adapted matrix, which stays as it is.
    pub(super) fn adapted(&mut self, op: &LoraOp) -> Matrix {
        let projection = Projection { trains: false, ..self.projection(op.outputs, op.bias) };
        let [a, b] = [op.rank, op.outputs].map(|outputs| self.projection(outputs, false));
        Matrix { projection, inputs: op.inputs, pair: Some(Pair { a, b, scale: op.scale() }) }
    }

    /// W·x + b, and scale·B·(A·x) where there is a pair.
    pub(super) fn through(&mut self, x: Value, matrix: Matrix) -> Value {
        let Matrix { projection, inputs, pair } = matrix;
        let Some(Pair { a, b, scale }) = pair else { return self.product(x, projection, inputs) };
        let low = self.product(x, a, inputs);
        let update = self.scaled_product(low, b, a.outputs, scale);
        let y = self.product(x, projection, inputs);
        self.add(y, update)
    }

    fn embedding(&mut self, op: &EmbeddingOp, x: Flow, axes: &Axes) -> Result<Value, Error> {
        let EmbeddingOp { vocabulary, width, of, add } = *op;
        let (ids, axes, before) = match (add, x) {
            (None, Flow::Ids(ids)) => match of {
                None => (ids, *axes, None),
                Some(name) => {
                    let side = self.side(name)?;
                    side.at.check(axes, self.item)?;
                    (side.flow.ids(), *axes, None)
                }
            },
            (Some(name), Flow::Numbers(before)) => {
                let side = self.side(name)?;
                side.at.check(&axes.without_last(1).with_ids(true), self.item)?;
                (side.flow.ids(), side.at.axes, Some(before))
            }
            _ => unreachable!("ids flow into an embedding, or numbers to add to, as the plan's check says"),
        };
        let table = self.take();
        self.tables
            .push((self.item, Projection { weight: table, bias: None, outputs: vocabulary, trains: true }));
        let y = self.value(axes.elements() as usize * width, true);
        self.push(Embed { ids, table, width, vocabulary, before, y, item: self.item, axes });
        Ok(y)
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
        if self.purpose.step.is_some() {
            let learned = matches!(kind, Positions::Learned).then(|| self.take());
            let y = self.like(x);
            self.push(AddPlaces { before: x, y, learned, positions, most, width, item: self.item });
            return Ok(y);
        }
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
        self.push(AddRows { before: Some(x), y, rows, length: positions * width });
        Ok(y)
    }
    /// As features of whole sequences: the token's, then those of all positions.
    fn class_token(&mut self, op: &ClassTokenOp, x: Value, axes: &Axes) -> Value {
        let sequences = axes.without_last(2).elements() as usize;
        let token = self.value(sequences * op.width, true);
        let rows = RowsOf::Weight(self.take());
        self.push(AddRows { before: None, y: token, rows, length: op.width });
        let y = self.value(self.len(x) + self.len(token), true);
        let parts = vec![(token, op.width), (x, self.len(x) / sequences)];
        self.push(Concat { parts, y });
        y
    }

    fn pool(&mut self, op: &PoolOp, x: Value, axes: &Axes) -> Result<Value, Error> {
        let [rows, width] = [2, 1].map(|from_end| axes.from_end(from_end).size().unwrap_or(1));
        let mask = if op.masked { Some(self.mask(axes.without_last(1))?) } else { None };
        Ok(self.pool_rows(x, Pooling { kind: op.kind, rows, width, mask }))
    }
}
