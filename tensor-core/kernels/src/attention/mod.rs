//! softmax(Q·Kᵀ / √d)·V of several heads, and its way back, in tiles of queries and keys: memory grows with the number of
//! positions, not with its square.
//!
//! # Source
//! "FlashAttention", arXiv:2205.14135: a running maximum and sum for each query going forward, and the logarithm of that sum
//! going back.

mod backward;
mod few;
mod forward;
mod tiles;

#[cfg(test)]
mod tests;

pub use backward::{Taken, attend_back};
pub use few::{Kept, attend_few};
pub use forward::attend;

use super::matmul::{Matrix, panel_columns};

/// Multiplications from which on a second thread pays.
const WORTH_A_THREAD: usize = 1 << 17;

/// Sequences of heads: rows of Q are `heads · head_dim` wide, rows of K `kv_heads · head_dim`, rows of V
/// `kv_heads · value_dim`, rows of the output `heads · value_dim`.
#[derive(Clone, Copy, Debug)]
pub struct Heads {
    /// Sequences, each with its own keys.
    pub sequences: usize,
    /// Queries of a sequence, and keys.
    pub positions: [usize; 2],
    /// Heads of queries.
    pub heads: usize,
    /// Heads of keys and values, each of which serves as many heads of queries.
    pub kv_heads: usize,
    /// Numbers of a query and of a key.
    pub head_dim: usize,
    /// Numbers of a value.
    pub value_dim: usize,
    /// Whether a query sees the keys up to its own position alone.
    pub causal: bool,
    /// How many positions up to its own a query sees, if not all.
    pub window: Option<usize>,
}

/// What changes from pass to pass.
#[derive(Clone, Copy, Default)]
pub struct Pass<'p> {
    /// 1 for each key that counts, 0 for others: `[sequences, m]`; all count if it is empty.
    pub mask: &'p [f32],
    /// The keys before the first query.
    pub start: usize,
    /// The probability with which a share is dropped, and what decides it.
    pub dropout: Option<(f64, u64)>,
}

impl Heads {
    /// Shares of keys in queries, over all sequences and heads.
    pub fn shares_len(&self) -> usize {
        self.sequences * self.heads * self.positions[0] * self.positions[1]
    }

    /// Numbers that the way back needs beside the output: one for each query of each head.
    pub fn sums_len(&self) -> usize {
        self.sequences * self.heads * self.positions[0]
    }

    /// The keys that the query at this place sees.
    fn seen(&self, query: usize) -> std::ops::Range<usize> {
        if !self.causal {
            return 0..self.positions[1];
        }
        let end = (query + 1).min(self.positions[1]);
        let from = self.window.map_or(0, |window| (query + 1).saturating_sub(window));
        from.min(end)..end
    }

    fn scale(&self) -> f32 {
        1.0 / (self.head_dim as f32).sqrt()
    }

    /// Multiplications of a product of queries with keys.
    fn work(&self) -> usize {
        let [n, m] = self.positions;
        self.sequences * self.heads * n * m * (self.head_dim + self.value_dim)
    }

    /// The keys' head for a head.
    fn group(&self, head: usize) -> usize {
        head / (self.heads / self.kv_heads)
    }
}

/// Rows `from..to` of a head: `dim` numbers each, in rows of `heads` heads.
fn head_rows(x: &[f32], (from, to): (usize, usize), head: usize, heads: usize, dim: usize) -> Matrix<'_> {
    let width = heads * dim;
    Matrix::strided(&x[from * width + head * dim..], to - from, dim, width)
}

/// The keys of a tile from the first to the last that some query sees; the first one is a panel's first.
fn from_a_panel(first: usize, end: usize, seen: &std::ops::Range<usize>) -> (usize, usize) {
    let skipped = seen.start.saturating_sub(first);
    (first + skipped - skipped % panel_columns(), end.min(seen.end))
}
