//! `attention` in all its forms.

use super::features::Matrix;
use super::{Flow, Lowering};
use crate::onnx::graph::Value;
use crate::onnx::proto::Attribute;
use crate::ops::{AttentionOp, Mask, QK_EPS};
use crate::plan::{Axes, Axis};

/// How features are split among heads: `[heads]`, or `[kv_heads, group]` where groups of queries share keys.
type Parts = Vec<usize>;

impl Lowering {
    pub(super) fn attention(&mut self, op: &AttentionOp, x: &Flow) -> Value {
        let [w_q, w_k, w_v] = [0, 1, 2].map(|which| self.made_by(op, which));
        let w_o = op.w_o.map(|_| self.made_by(op, 3));
        let norms = op.qk_norm.then(|| [(); 2].map(|()| self.weight()));
        let [q_norm, k_norm] = norms.map_or([None, None], |norms| norms.map(Some));

        let source = op.context.map_or_else(|| x.clone(), |name| self.side(name));
        let (queries, keys) = (x.axes.from_end(2), source.axes.from_end(2));
        let group = op.heads / op.kv_heads;
        let (query_parts, key_parts): (Parts, Parts) = if group == 1 {
            (vec![op.heads], vec![op.heads])
        } else {
            (vec![op.kv_heads, group], vec![op.kv_heads, 1])
        };
        let head_dim = op.w_q[1] / op.heads;
        let value_dim = op.w_v[1] / op.kv_heads;

        let q = self.split(&w_q, x, &query_parts, head_dim);
        let q = self.place(op, q, q_norm, queries, head_dim);
        let scale = self.graph.number(1.0 / (head_dim as f64).sqrt());
        let q = self.graph.join("Mul", &q, &scale);
        let k = self.split(&w_k, &source, &key_parts, head_dim);
        let k = self.place(op, k, k_norm, keys, head_dim);
        let v = self.split(&w_v, &source, &key_parts, value_dim);

        let axes = x.axes.len() + query_parts.len();
        let k = self.graph.transpose(&k, swap_last(axes));
        let scores = self.graph.join("MatMul", &q, &k);
        let scores = self.masked(op, scores, [queries, keys], query_parts.len(), &x.axes);
        let shares = self.graph.node("Softmax", &[&scores], vec![Attribute::int("axis", -1)]);
        let heads = self.graph.join("MatMul", &shares, &v);
        let joined = self.unsplit(&heads, &x.axes, query_parts.len(), op.heads * value_dim);
        match w_o {
            Some(w_o) => self.through(&joined, x.axes.len(), &w_o),
            None => joined,
        }
    }

    fn made_by(&mut self, op: &AttentionOp, which: usize) -> Matrix {
        match op.adapted(which) {
            Some(lora) => self.adapted(&lora),
            None => self.matrix(op.bias),
        }
    }

    /// `[…, n, in]` → `[…, parts, n, size]`
    fn split(&mut self, matrix: &Matrix, x: &Flow, parts: &[usize], size: usize) -> Value {
        let before = x.axes.len() - 2;
        let y = self.through(&x.value, x.axes.len(), matrix);
        let mut sizes = vec![0; before + 1];
        sizes.extend(parts.iter().chain([&size]).map(|&part| part as i64));
        let each = self.graph.reshape(&y, &sizes);
        let (lead, n, end) = (before as i64, before as i64, (before + 1 + parts.len()) as i64);
        self.graph.transpose(&each, (0..lead).chain(n + 1..end).chain([n, end]).collect())
    }

    /// `[…, parts, n, size]` → `[…, n, features]`; `axes` are those of the result but for the features.
    fn unsplit(&mut self, heads: &Value, axes: &Axes, parts: usize, features: usize) -> Value {
        let (before, parts) = (axes.len() as i64 - 2, parts as i64);
        let n = before + parts;
        let each =
            self.graph.transpose(heads, (0..before).chain([n]).chain(before..n).chain([n + 1]).collect());
        let mut sizes = vec![0; axes.len() - 1];
        sizes.push(features as i64);
        self.graph.reshape(&each, &sizes)
    }

    /// Queries or keys with what tells positions apart: the norm of each head, and the turn by its position, in which
    /// feature i goes with i + head_dim / 2.
    fn place(
        &mut self,
        op: &AttentionOp,
        mut x: Value,
        norm: Option<Value>,
        positions: Axis,
        head_dim: usize,
    ) -> Value {
        if let Some(weight) = norm {
            x = self.rms_norm(&x, &weight, QK_EPS);
        }
        let Some(base) = op.rope else { return x };
        let [cos, sin] = self.turns(positions, base, head_dim);
        let halves = vec![Attribute::int("axis", -1), Attribute::int("num_outputs", 2)];
        let [a, b] = self.graph.outputs("Split", &[&x], halves);
        let [a_cos, a_sin, b_cos, b_sin] =
            [(&a, &cos), (&a, &sin), (&b, &cos), (&b, &sin)].map(|(x, y)| self.graph.join("Mul", x, y));
        let first = self.graph.join("Sub", &a_cos, &b_sin);
        let second = self.graph.join("Add", &b_cos, &a_sin);
        self.graph.node("Concat", &[&first, &second], vec![Attribute::int("axis", -1)])
    }

    /// Scores with −∞ for the keys that a query does not see.
    fn masked(
        &mut self,
        op: &AttentionOp,
        scores: Value,
        [queries, keys]: [Axis; 2],
        parts: usize,
        axes: &Axes,
    ) -> Value {
        let seen = match op.mask {
            Mask::None => return scores,
            Mask::Causal => self.seen(queries, keys, None),
            Mask::Window(window) => self.seen(queries, keys, Some(window)),
            Mask::Padding => {
                // `[…, m]` for all heads and queries.
                let counted = self.counted();
                let before = axes.len() as i64 - 2;
                self.graph.unsqueeze(&counted, &(before..=before + parts as i64).collect::<Vec<_>>())
            }
        };
        let hidden = self.graph.number(f64::NEG_INFINITY);
        self.graph.node("Where", &[&seen, &scores, &hidden], Vec::new())
    }
}

/// The order of so many axes with the last two swapped.
fn swap_last(axes: usize) -> Vec<i64> {
    let mut order: Vec<i64> = (0..axes as i64).collect();
    order.swap(axes - 2, axes - 1);
    order
}
