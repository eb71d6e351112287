//! Attention, and the turns of rotary positions.

use std::sync::Arc;

use super::super::program::Pass;
use super::super::value::{Uses, Value, Values};
use super::super::way_back::WayBack;
use crate::Error;
use crate::kernels::attention::{self, Heads, Taken, attend, attend_back};
use crate::kernels::rotary::Turns;

/// Turns pairs of features by the angles of their positions, or back.
#[derive(Debug)]
pub(in crate::exec::fused) struct Turn {
    pub(in crate::exec::fused) from: Value,
    pub(in crate::exec::fused) to: Value,
    pub(in crate::exec::fused) width: usize,
    pub(in crate::exec::fused) turns: Arc<Turns>,
    pub(in crate::exec::fused) backwards: bool,
}

impl Turn {
    pub(super) fn uses(&self) -> Uses {
        Uses::default().changing(self.from, self.to)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        pass.change(self.from, self.to, |_, x| {
            if self.backwards {
                self.turns.turn_back(x, self.width);
            } else {
                self.turns.turn(x, self.width);
            }
        });
        Ok(())
    }

    pub(super) fn back(&self, back: &mut WayBack) {
        let Some(g) = back.of(self.to) else { return };
        let Turn { width, ref turns, .. } = *self;
        back.give_changed(self.from, g, |from, to| Turn {
            from,
            to,
            width,
            turns: turns.clone(),
            backwards: true,
        });
    }
}

/// Which shares attention has.
#[derive(Clone, Copy, Debug)]
pub(in crate::exec::fused) struct Shares {
    pub(in crate::exec::fused) heads: Heads,
    /// 1 for each key that counts, 0 for others; all count if there is none.
    pub(in crate::exec::fused) mask: Option<Value>,
    /// The probability with which a share is dropped, and which of the network's dropouts that is.
    pub(in crate::exec::fused) dropout: Option<(f64, u64)>,
}

impl Shares {
    /// What the kernels are told of a pass.
    fn pass<'p>(&self, pass: &'p Pass<'_>) -> attention::Pass<'p> {
        let mask = self.mask.map_or(&[][..], |mask| pass.get(mask));
        let places = self.heads.shares_len();
        let dropout = self.dropout.map(|(probability, which)| (probability, pass.seed_of(which, places)));
        attention::Pass { mask, start: pass.start(), dropout }
    }
}

/// softmax(Q·Kᵀ/√d)·V of each head.
#[derive(Debug)]
pub(in crate::exec::fused) struct Attend {
    pub(in crate::exec::fused) shares: Shares,
    pub(in crate::exec::fused) q: Value,
    pub(in crate::exec::fused) k: Value,
    pub(in crate::exec::fused) v: Value,
    pub(in crate::exec::fused) y: Value,
    /// The logarithm of the sum of each query's exponentials, for the way back.
    pub(in crate::exec::fused) sums: Value,
}

impl Attend {
    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.q, self.k, self.v]).and(self.shares.mask).writing(self.y).writing(self.sums)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        pass.write(self.y, |pass, y| {
            pass.write(self.sums, |pass, sums| {
                let taken = [self.q, self.k, self.v].map(|value| pass.get(value));
                attend(&self.shares.heads, &self.shares.pass(pass), taken, y, sums);
            });
        });
        Ok(())
    }

    pub(super) fn back(&self, back: &mut WayBack) {
        let Some(g) = back.of(self.y) else { return };
        let Attend { shares, q, k, v, y, sums } = *self;
        let [of_q, of_k, of_v] = [q, k, v].map(|value| back.value(back.len(value)));
        back.push(AttendBack { shares, q, k, v, y, sums, g, of_q, of_k, of_v });
        back.give(q, of_q);
        back.give(k, of_k);
        back.give(v, of_v);
    }
}

/// The gradients of queries, keys and values.
#[derive(Debug)]
pub(in crate::exec::fused) struct AttendBack {
    pub(in crate::exec::fused) shares: Shares,
    pub(in crate::exec::fused) q: Value,
    pub(in crate::exec::fused) k: Value,
    pub(in crate::exec::fused) v: Value,
    pub(in crate::exec::fused) y: Value,
    pub(in crate::exec::fused) sums: Value,
    pub(in crate::exec::fused) g: Value,
    pub(in crate::exec::fused) of_q: Value,
    pub(in crate::exec::fused) of_k: Value,
    pub(in crate::exec::fused) of_v: Value,
}

impl AttendBack {
    pub(super) fn uses(&self) -> Uses {
        let reads = Uses::reads([self.q, self.k, self.v, self.y, self.sums, self.g]);
        reads.and(self.shares.mask).writing(self.of_q).writing(self.of_k).writing(self.of_v)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        pass.write(self.of_q, |pass, of_q| {
            pass.write(self.of_k, |pass, of_k| {
                pass.write(self.of_v, |pass, of_v| {
                    let [q, k, v] = [self.q, self.k, self.v].map(|value| pass.get(value));
                    let [y, sums, g] = [self.y, self.sums, self.g].map(|value| pass.get(value));
                    let taken = Taken { q, k, v, y, sums, g };
                    let (heads, told) = (&self.shares.heads, self.shares.pass(pass));
                    attend_back(heads, &told, taken, [of_q, of_k, of_v]);
                });
            });
        });
        Ok(())
    }
}
