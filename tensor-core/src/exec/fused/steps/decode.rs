//! The steps that differ where a network decodes: they begin after the positions of the steps before, which the pass says, so
//! that one program serves all steps. None has a way back.

use super::super::program::Pass;
use super::super::value::{Uses, Value, Values};
use crate::Error;
use crate::decode::OnHost;
use crate::exec::Constant;
use crate::kernels::attention::{self, Heads, attend, attend_few};
use crate::kernels::elementwise::add_rows;

/// Queries up to which reading the keys and values as they lie beats packing them.
const FEW: usize = 4;

/// Adds the rows of positions.
#[derive(Debug)]
pub(in crate::exec::fused) struct AddPlaces {
    pub(in crate::exec::fused) before: Value,
    pub(in crate::exec::fused) y: Value,
    /// A weight of learned rows; sinusoids if there is none.
    pub(in crate::exec::fused) learned: Option<usize>,
    pub(in crate::exec::fused) positions: usize,
    pub(in crate::exec::fused) most: usize,
    pub(in crate::exec::fused) width: usize,
    /// For errors.
    pub(in crate::exec::fused) item: &'static str,
}

impl AddPlaces {
    pub(super) fn uses(&self) -> Uses {
        Uses::default().changing(self.before, self.y)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        let AddPlaces { before, y, learned, positions, most, width, item } = *self;
        let start = pass.start();
        if start + positions > most {
            return Err(Error::TooLong { item, given: start + positions, most });
        }
        pass.change(before, y, |pass, y| match learned {
            Some(weight) => add_rows(y, &pass.weight(weight)[start * width..][..positions * width]),
            None => add_rows(y, &Constant::Sinusoids { start, positions, width }.values::<f32>()),
        });
        Ok(())
    }
}

/// Turns pairs of features by the angles of their positions.
#[derive(Debug)]
pub(in crate::exec::fused) struct TurnOn {
    pub(in crate::exec::fused) from: Value,
    pub(in crate::exec::fused) to: Value,
    pub(in crate::exec::fused) width: usize,
    pub(in crate::exec::fused) base: f64,
    pub(in crate::exec::fused) positions: usize,
    pub(in crate::exec::fused) head_dim: usize,
}

impl TurnOn {
    pub(super) fn uses(&self) -> Uses {
        Uses::default().changing(self.from, self.to)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        let TurnOn { from, to, width, base, positions, head_dim } = *self;
        pass.with_cache(|pass, cache| {
            let turns = cache.turns(base, positions, head_dim);
            pass.change(from, to, |_, x| turns.turn(x, width));
        });
        Ok(())
    }
}

/// Keeps keys and values, and gives softmax(Q·Kᵀ/√d)·V of each head over all that are kept.
#[derive(Debug)]
pub(in crate::exec::fused) struct AttendKept {
    /// Of the positions of the step alone.
    pub(in crate::exec::fused) heads: Heads,
    /// Which of the network's attentions that keep something.
    pub(in crate::exec::fused) which: usize,
    pub(in crate::exec::fused) q: Value,
    pub(in crate::exec::fused) k: Value,
    pub(in crate::exec::fused) v: Value,
    pub(in crate::exec::fused) y: Value,
    /// Room for the sums of the kernel for many queries.
    pub(in crate::exec::fused) sums: Value,
}

impl AttendKept {
    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.q, self.k, self.v]).writing(self.y).writing(self.sums)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        pass.with_cache(|pass, cache| {
            cache.add(self.which, [self.k, self.v].map(|value| pass.get(value)))?;
            pass.write(self.y, |pass, y| {
                pass.write(self.sums, |pass, sums| {
                    let taken = [self.q, self.k, self.v].map(|value| pass.get(value));
                    self.attend(taken, cache, y, sums);
                });
            });
            Ok(())
        })
    }

    fn attend(&self, [q, k, v]: [&[f32]; 3], cache: &OnHost, y: &mut [f32], sums: &mut [f32]) {
        let (n, start, kept) = (self.heads.positions[0], cache.start(), cache.kept(self.which));
        let heads = Heads { positions: [n, start + n], ..self.heads };
        if n <= FEW {
            return attend_few(&heads, start, q, kept, y);
        }
        let told = attention::Pass { start, ..attention::Pass::default() };
        if start == 0 {
            return attend(&heads, &told, [q, k, v], y, sums);
        }
        // The kernel wants sequences without room between them.
        let heads = Heads { sequences: 1, ..heads };
        let width = heads.heads * heads.value_dim;
        let each = y.chunks_exact_mut(n * width).zip(sums.chunks_exact_mut(n * heads.heads));
        let queries = q.chunks_exact(n * heads.heads * heads.head_dim);
        for (sequence, ((y, sums), q)) in each.zip(queries).enumerate() {
            let rows = |x, dim: usize| part(x, sequence, kept.room * heads.kv_heads * dim);
            let taken = [q, rows(kept.keys, heads.head_dim), rows(kept.values, heads.value_dim)];
            attend(&heads, &told, taken, y, sums);
        }
    }
}

/// One of equally long parts.
fn part(x: &[f32], which: usize, length: usize) -> &[f32] {
    &x[which * length..][..length]
}
