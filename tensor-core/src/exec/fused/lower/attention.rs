//! The steps of `attention`.

use std::sync::Arc;

use super::super::steps::{Attend, Turn};
use super::super::value::Value;
use super::Lowering;
use crate::kernels::attention::Heads;
use crate::kernels::rotary::Turns;
use crate::ops::{AttentionOp, Mask};
use crate::plan::Axes;

impl Lowering {
    pub(super) fn attention(&mut self, op: &AttentionOp, x: Value, axes: &Axes) -> Value {
        let positions = axes.from_end(2).size().unwrap_or(1);
        let rows = self.len(x) / op.width;
        let [w_q, w_k, w_v] = [op.w_q, op.w_k, op.w_v].map(|[_, outputs]| self.projection(outputs, op.bias));
        let w_o = op.w_o.map(|[inputs, outputs]| (self.projection(outputs, op.bias), inputs));
        let [mut q, mut k, v] = [w_q, w_k, w_v].map(|projection| self.product(x, projection, op.width));
        let head_dim = op.w_q[1] / op.heads;
        if let Some(base) = op.rope {
            let turns = Arc::new(Turns::new(base, positions, head_dim));
            [q, k] = [(q, op.w_q[1]), (k, op.w_k[1])].map(|(x, width)| self.turn(x, width, &turns));
        }
        let (causal, window) = match op.mask {
            Mask::Window(window) => (true, Some(window)),
            mask => (matches!(mask, Mask::Causal), None),
        };
        let heads = Heads {
            sequences: rows / positions,
            positions: [positions, positions],
            heads: op.heads,
            kv_heads: op.kv_heads,
            head_dim,
            value_dim: op.w_v[1] / op.kv_heads,
            causal,
            window,
        };
        let y = self.value(rows * heads.heads * heads.value_dim, true);
        let sums = self.value(heads.sums_len(), false);
        self.push(Attend { heads, q, k, v, y, sums });
        match w_o {
            None => y,
            Some((projection, inputs)) => self.product(y, projection, inputs),
        }
    }

    fn turn(&mut self, from: Value, width: usize, turns: &Arc<Turns>) -> Value {
        let to = self.like(from);
        self.push(Turn { from, to, width, turns: turns.clone(), backwards: false });
        to
    }
}
