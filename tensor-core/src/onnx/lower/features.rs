//! Ops on the features: products, norms, activations, tables.

use super::{Flow, Lowering};
use crate::onnx::graph::Value;
use crate::onnx::proto::{Attribute, data_type};
use crate::ops::{Activation, EmbeddingOp, LayerNormOp, LinearOp, LoraOp};

/// A matrix and its bias, and where it is adapted A, B and what their product is multiplied with.
pub(super) struct Matrix {
    weight: Value,
    bias: Option<Value>,
    pair: Option<([Value; 2], f64)>,
}

impl Lowering {
    pub(super) fn linear_item(&mut self, op: &LinearOp, x: &Flow) -> Value {
        self.linear(&x.value, x.axes.len(), op.bias)
    }

    /// x·Wᵀ + b with the next weights; `x` has so many axes.
    pub(super) fn linear(&mut self, x: &Value, axes: usize, bias: bool) -> Value {
        let weight = self.weight();
        let bias = bias.then(|| self.weight());
        self.product(x, axes, &weight, bias.as_ref())
    }

    /// x·Wᵀ + b. `Gemm` takes matrices alone, and turns W itself.
    pub(super) fn product(&mut self, x: &Value, axes: usize, weight: &Value, bias: Option<&Value>) -> Value {
        if axes == 2 {
            let inputs: Vec<&Value> = [x, weight].into_iter().chain(bias).collect();
            return self.graph.node("Gemm", &inputs, vec![Attribute::int("transB", 1)]);
        }
        let turned = self.graph.transpose(weight, vec![1, 0]);
        let y = self.graph.join("MatMul", x, &turned);
        match bias {
            Some(bias) => self.graph.join("Add", &y, bias),
            None => y,
        }
    }

    pub(super) fn lora(&mut self, op: &LoraOp, x: &Flow) -> Value {
        let matrix = self.adapted(op);
        self.through(&x.value, x.axes.len(), &matrix)
    }

    /// The next weights, as those of an adapted matrix.
    pub(super) fn adapted(&mut self, op: &LoraOp) -> Matrix {
        let mut matrix = self.matrix(op.bias);
        matrix.pair = Some(([self.weight(), self.weight()], op.scale()));
        matrix
    }

    /// The next weights, as those of a plain matrix.
    pub(super) fn matrix(&mut self, bias: bool) -> Matrix {
        let weight = self.weight();
        Matrix { weight, bias: bias.then(|| self.weight()), pair: None }
    }

    /// x·Wᵀ + b, and scale·(x·Aᵀ)·Bᵀ where there is a pair; `x` has so many axes.
    pub(super) fn through(&mut self, x: &Value, axes: usize, matrix: &Matrix) -> Value {
        let y = self.product(x, axes, &matrix.weight, matrix.bias.as_ref());
        let Some(([a, b], scale)) = &matrix.pair else { return y };
        let narrow = self.product(x, axes, a, None);
        let update = self.product(&narrow, axes, b, None);
        let scale = self.graph.number(*scale);
        let update = self.graph.join("Mul", &update, &scale);
        self.graph.join("Add", &y, &update)
    }

    pub(super) fn activation(&mut self, op: Activation, x: &Value) -> Value {
        let graph = &mut self.graph;
        let over_features = || vec![Attribute::int("axis", -1)];
        match op {
            Activation::Relu => graph.apply("Relu", x),
            Activation::Gelu => graph.node("Gelu", &[x], vec![Attribute::text("approximate", "none")]),
            Activation::GeluTanh => graph.node("Gelu", &[x], vec![Attribute::text("approximate", "tanh")]),
            Activation::Silu => {
                let gate = graph.apply("Sigmoid", x);
                graph.join("Mul", x, &gate)
            }
            Activation::Tanh => graph.apply("Tanh", x),
            Activation::Sigmoid => graph.apply("Sigmoid", x),
            Activation::Softmax => graph.node("Softmax", &[x], over_features()),
            Activation::LogSoftmax => graph.node("LogSoftmax", &[x], over_features()),
        }
    }

    pub(super) fn layer_norm(&mut self, op: &LayerNormOp, x: &Value) -> Value {
        let (weight, bias) = (self.weight(), self.weight());
        let mut attributes = vec![Attribute::int("axis", -1), Attribute::float("epsilon", op.eps)];
        if self.graph.float() == data_type::DOUBLE {
            // Otherwise means are of 32 bits.
            attributes.push(Attribute::int("stash_type", data_type::DOUBLE.into()));
        }
        self.graph.node("LayerNormalization", &[x, &weight, &bias], attributes)
    }

    /// x / √(mean(x²) + eps) · weight over the last axis, in the form that runtimes know and join into one.
    pub(super) fn rms_norm(&mut self, x: &Value, weight: &Value, eps: f64) -> Value {
        let graph = &mut self.graph;
        let (two, eps) = (graph.number(2.0), graph.number(eps));
        let square = graph.join("Pow", x, &two);
        let mean = graph.reduce("ReduceMean", &square, &[-1], true);
        let sum = graph.join("Add", &mean, &eps);
        let root = graph.apply("Sqrt", &sum);
        let normal = graph.join("Div", x, &root);
        graph.join("Mul", &normal, weight)
    }

    pub(super) fn embedding(&mut self, name: &'static str, op: &EmbeddingOp, x: &Flow) -> Value {
        let table = self.weight();
        self.scope.tables.push((name, table.clone()));
        let ids = op.of.or(op.add).map_or_else(|| x.value.clone(), |side| self.side(side).value);
        let rows = self.graph.node("Gather", &[&table, &ids], vec![Attribute::int("axis", 0)]);
        if op.add.is_some() { self.graph.join("Add", &x.value, &rows) } else { rows }
    }
}
