//! The steps of `attention`.

use std::sync::Arc;

use super::super::steps::{Attend, Scale, Shares, Turn};
use super::super::value::Value;
use super::Lowering;
use crate::Error;
use crate::exec::Mode;
use crate::kernels::attention::Heads;
use crate::kernels::rotary::Turns;
use crate::ops::{AttentionOp, Mask, QK_EPS};
use crate::plan::Axes;

impl Lowering {
    pub(super) fn attention(&mut self, op: &AttentionOp, x: Value, axes: &Axes) -> Result<Value, Error> {
        let [w_q, w_k, w_v] = [op.w_q, op.w_k, op.w_v].map(|[_, outputs]| self.projection(outputs, op.bias));
        let w_o = op.w_o.map(|[inputs, outputs]| (self.projection(outputs, op.bias), inputs));
        let head_dim = op.w_q[1] / op.heads;
        let norms = op.qk_norm.then(|| [(); 2].map(|()| self.scale(head_dim, false)));
        let [q_norm, k_norm] = norms.map_or([None, None], |norms| norms.map(Some));

        let (source, source_axes) = self.source(op, x, axes)?;
        let positions = [axes, &source_axes].map(|axes| axes.from_end(2).size().unwrap_or(1));
        let v = self.product(source, w_v, op.w_v[0]);
        let k = self.product(source, w_k, op.w_k[0]);
        let k = self.place(op, k, k_norm, positions[1], op.w_k[1]);
        let q = self.product(x, w_q, op.width);
        let q = self.place(op, q, q_norm, positions[0], op.w_q[1]);

        let (causal, window) = match op.mask {
            Mask::Window(window) => (true, Some(window)),
            mask => (matches!(mask, Mask::Causal), None),
        };
        let heads = Heads {
            sequences: axes.without_last(2).elements() as usize,
            positions,
            heads: op.heads,
            kv_heads: op.kv_heads,
            head_dim,
            value_dim: op.w_v[1] / op.kv_heads,
            causal,
            window,
        };
        let mask = match op.mask {
            Mask::Padding => Some(self.mask(source_axes.without_last(1))?),
            _ => None,
        };
        let drops = self.purpose.mode == Mode::Training && op.dropout > 0.0;
        let dropout = drops.then(|| (op.dropout, self.next_dropout()));
        let y = self.value(heads.sequences * positions[0] * heads.heads * heads.value_dim, true);
        let sums = self.value(heads.sums_len(), false);
        self.push(Attend { shares: Shares { heads, mask, dropout }, q, k, v, y, sums });
        Ok(match w_o {
            None => y,
            Some((projection, inputs)) => self.product(y, projection, inputs),
        })
    }

    /// What keys and values are made of, and its axes.
    fn source(&self, op: &AttentionOp, x: Value, axes: &Axes) -> Result<(Value, Axes), Error> {
        let Some(name) = op.context else { return Ok((x, *axes)) };
        let side = self.side(name)?;
        side.at.check_context(&axes.without_last(2), self.item)?;
        Ok((side.flow.numbers(), side.at.axes))
    }

    /// Queries or keys with what tells positions apart: the norm of each head, and the turn by its position.
    fn place(
        &mut self,
        op: &AttentionOp,
        mut x: Value,
        norm: Option<Scale>,
        positions: usize,
        width: usize,
    ) -> Value {
        let head_dim = op.w_q[1] / op.heads;
        if let Some(scale) = norm {
            x = self.norm(x, QK_EPS, scale);
        }
        let Some(base) = op.rope else { return x };
        let turns = Arc::new(Turns::new(base, positions, head_dim));
        let to = self.like(x);
        self.push(Turn { from: x, to, width, turns, backwards: false });
        to
    }
}
