//! The steps of `attention`.

use std::sync::Arc;

use super::super::steps::{Attend, AttendKept, Scale, Shares, Turn, TurnOn};
use super::super::value::Value;
use super::Lowering;
use super::ops::Matrix;
use crate::Error;
use crate::decode::OTHER_SEQUENCE;
use crate::exec::Mode;
use crate::kernels::attention::Heads;
use crate::kernels::rotary::Turns;
use crate::ops::{AttentionOp, Mask, QK_EPS};
use crate::plan::Axes;

/// Where rows of queries or keys stand.
struct Places {
    positions: usize,
    /// Numbers of a row.
    width: usize,
    /// Whether they follow those of the steps before.
    goes_on: bool,
}

impl Lowering {
    pub(super) fn attention(&mut self, op: &AttentionOp, x: Value, axes: &Axes) -> Result<Value, Error> {
        let [w_q, w_k, w_v] = [(0, op.w_q), (1, op.w_k), (2, op.w_v)].map(|at| self.made_by(op, at));
        let w_o = op.w_o.map(|matrix| self.made_by(op, (3, matrix)));
        let head_dim = op.w_q[1] / op.heads;
        let norms = op.qk_norm.then(|| [(); 2].map(|()| self.scale(head_dim, false)));
        let [q_norm, k_norm] = norms.map_or([None, None], |norms| norms.map(Some));

        let (source, source_axes) = self.source(op, x, axes)?;
        let positions = [axes, &source_axes].map(|axes| axes.from_end(2).size().unwrap_or(1));
        let v = self.through(source, w_v);
        let k = self.through(source, w_k);
        let decodes = self.purpose.step.is_some();
        let keeps = decodes && op.context.is_none();
        let k =
            self.place(op, k, k_norm, Places { positions: positions[1], width: op.w_k[1], goes_on: keeps });
        let q = self.through(x, w_q);
        let q =
            self.place(op, q, q_norm, Places { positions: positions[0], width: op.w_q[1], goes_on: decodes });

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
        if keeps {
            self.expect_step(heads.sequences, positions[0])?;
            let which = self.keeping;
            self.keeping += 1;
            self.push(AttendKept { heads, which, q, k, v, y, sums });
        } else {
            self.push(Attend { shares: Shares { heads, mask, dropout }, q, k, v, y, sums });
        }
        Ok(match w_o {
            None => y,
            Some(w_o) => self.through(y, w_o),
        })
    }

    /// The next weights, as those of a matrix `[in, out]`.
    fn made_by(&mut self, op: &AttentionOp, (which, [inputs, outputs]): (usize, [usize; 2])) -> Matrix {
        match op.adapted(which) {
            Some(lora) => self.adapted(&lora),
            None => Matrix { projection: self.projection(outputs, op.bias), inputs, pair: None },
        }
    }

    /// Checks that these are the sequences of the network, where it decodes.
    fn expect_step(&self, sequences: usize, positions: usize) -> Result<(), Error> {
        match self.purpose.step {
            Some(step) if step != (sequences, positions) => {
                Err(Error::NotStepwise { item: self.item, why: OTHER_SEQUENCE })
            }
            _ => Ok(()),
        }
    }

    /// What keys and values are made of, and its axes.
    fn source(&self, op: &AttentionOp, x: Value, axes: &Axes) -> Result<(Value, Axes), Error> {
        let Some(name) = op.context else { return Ok((x, *axes)) };
        let side = self.side(name)?;
        side.at.check_context(&axes.without_last(2), self.item)?;
        Ok((side.flow.numbers(), side.at.axes))
    }

    /// Queries or keys with what tells positions apart: the norm of each head, and the turn by its position.
    fn place(&mut self, op: &AttentionOp, mut x: Value, norm: Option<Scale>, at: Places) -> Value {
        let head_dim = op.w_q[1] / op.heads;
        if let Some(scale) = norm {
            x = self.norm(x, QK_EPS, scale);
        }
        let Some(base) = op.rope else { return x };
        let Places { positions, width, goes_on } = at;
        let to = self.like(x);
        if goes_on {
            self.push(TurnOn { from: x, to, width, base, positions, head_dim });
        } else {
            let turns = Arc::new(Turns::new(base, 0, positions, head_dim));
            self.push(Turn { from: x, to, width, turns, backwards: false });
        }
        to
    }
}
