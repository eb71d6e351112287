//! softmax(Q·Kᵀ / √d)·V of several heads, and its way back.

use rayon::prelude::*;

use super::elementwise::{largest, softmax_back};
use super::math::exp;
use super::matmul::{Into, Matrix, Threads, multiply};
use super::vectorised;

/// Sequences of heads: rows of Q are `heads · head_dim` wide, rows of K `kv_heads · head_dim`, rows of V
/// `kv_heads · value_dim`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads {
    pub(crate) sequences: usize,
    /// Queries of a sequence, and keys.
    pub(crate) positions: [usize; 2],
    pub(crate) heads: usize,
    pub(crate) kv_heads: usize,
    pub(crate) head_dim: usize,
    pub(crate) value_dim: usize,
    pub(crate) causal: bool,
    /// How many positions up to its own a query sees, if not all.
    pub(crate) window: Option<usize>,
}

impl Heads {
    /// Numbers that the way back needs beside the output.
    pub(crate) fn sums_len(&self) -> usize {
        self.tasks() * self.positions[0] * self.positions[1]
    }

    fn tasks(&self) -> usize {
        self.sequences * self.heads
    }

    /// The keys that a query sees.
    fn seen(&self, query: usize) -> std::ops::Range<usize> {
        if !self.causal {
            return 0..self.positions[1];
        }
        let from = self.window.map_or(0, |window| (query + 1).saturating_sub(window));
        from..(query + 1).min(self.positions[1])
    }

    fn queries<'s>(&self, q: &'s [f32], task: usize) -> Matrix<'s> {
        let (n, width) = (self.positions[0], self.heads * self.head_dim);
        let start = task / self.heads * n * width + task % self.heads * self.head_dim;
        Matrix::strided(&q[start..], n, self.head_dim, width)
    }

    /// Of keys or values, whose heads have `dim` numbers.
    fn shared<'s>(&self, x: &'s [f32], dim: usize, task: usize) -> Matrix<'s> {
        let (m, width) = (self.positions[1], self.kv_heads * dim);
        let head = task % self.heads / (self.heads / self.kv_heads);
        let start = task / self.heads * m * width + head * dim;
        Matrix::strided(&x[start..], m, dim, width)
    }

    fn scale(&self) -> f32 {
        1.0 / (self.head_dim as f32).sqrt()
    }
}

vectorised! {
    /// The softmax of what is seen of a row, 0 elsewhere.
    fn share_row(row: &mut [f32], from: usize, to: usize) {
        row[..from].fill(0.0);
        row[to..].fill(0.0);
        let row = &mut row[from..to];
        let most = largest(row);
        let mut parts = [0.0f32; 16];
        let (chunks, rest) = row.as_chunks_mut::<16>();
        for chunk in chunks {
            for (part, x) in parts.iter_mut().zip(chunk) {
                *x = exp(*x - most);
                *part += *x;
            }
        }
        for (part, x) in parts.iter_mut().zip(rest) {
            *x = exp(*x - most);
            *part += *x;
        }
        let share = 1.0 / parts.iter().sum::<f32>();
        row.iter_mut().for_each(|x| *x *= share);
    }
}

/// The heads' rows side by side, `[sequences · n, heads · value_dim]`; and the shares, `[sequences · heads, n, m]`, which
/// the way back needs.
pub(crate) fn attend(heads: &Heads, q: &[f32], k: &[f32], v: &[f32], joined: &mut [f32], shares: &mut [f32]) {
    let [n, m] = heads.positions;
    let one = |(task, shares): (usize, &mut [f32])| {
        let keys = heads.shared(k, heads.head_dim, task).transposed();
        let queries = heads.queries(q, task);
        multiply(shares, m, Into::Replace, heads.scale(), queries, keys, Threads::One);
        for (query, row) in shares.chunks_exact_mut(m).enumerate() {
            let seen = heads.seen(query);
            share_row(row, seen.start, seen.end);
        }
        let mut rows = vec![0.0; n * heads.value_dim];
        let values = heads.shared(v, heads.value_dim, task);
        let shares = Matrix::new(shares, n, m);
        multiply(&mut rows, heads.value_dim, Into::Replace, 1.0, shares, values, Threads::One);
        rows
    };
    let all: Vec<Vec<f32>> = shares.par_chunks_mut(n * m).enumerate().map(one).collect();
    let width = heads.heads * heads.value_dim;
    for (task, rows) in all.iter().enumerate() {
        let start = task / heads.heads * n * width + task % heads.heads * heads.value_dim;
        put(&mut joined[start..], width, rows, heads.value_dim, false);
    }
}

/// Puts rows of `width` into rows that are `stride` apart.
fn put(target: &mut [f32], stride: usize, rows: &[f32], width: usize, add: bool) {
    for (target, row) in target.chunks_mut(stride).zip(rows.chunks_exact(width)) {
        if add {
            target.iter_mut().zip(row).for_each(|(target, x)| *target += x);
        } else {
            target[..width].copy_from_slice(row);
        }
    }
}

/// The gradients of Q, K and V.
pub(crate) fn attend_back(
    heads: &Heads,
    [q, k, v]: [&[f32]; 3],
    [_, shares, gradient]: [&[f32]; 3],
    gradients: [&mut [f32]; 3],
) {
    let [n, m] = heads.positions;
    let (head_dim, value_dim) = (heads.head_dim, heads.value_dim);
    let given = Heads { head_dim: value_dim, ..*heads };
    let one = |task: usize| {
        let shares = Matrix::new(&shares[task * n * m..][..n * m], n, m);
        let gradient = given.queries(gradient, task);
        let mut of_values = vec![0.0; m * value_dim];
        multiply(&mut of_values, value_dim, Into::Replace, 1.0, shares.transposed(), gradient, Threads::One);
        let mut of_scores = vec![0.0; n * m];
        let values = heads.shared(v, value_dim, task).transposed();
        multiply(&mut of_scores, m, Into::Replace, 1.0, gradient, values, Threads::One);
        for (g, y) in of_scores.chunks_exact_mut(m).zip(shares.rows()) {
            softmax_back(g, y);
        }
        let scores = Matrix::new(&of_scores, n, m);
        let mut of_queries = vec![0.0; n * head_dim];
        let keys = heads.shared(k, head_dim, task);
        multiply(&mut of_queries, head_dim, Into::Replace, heads.scale(), scores, keys, Threads::One);
        let mut of_keys = vec![0.0; m * head_dim];
        let queries = heads.queries(q, task);
        let turned = scores.transposed();
        multiply(&mut of_keys, head_dim, Into::Replace, heads.scale(), turned, queries, Threads::One);
        [of_queries, of_keys, of_values]
    };
    let all: Vec<[Vec<f32>; 3]> = (0..heads.tasks()).into_par_iter().map(one).collect();
    let mut gradients = gradients;
    gradients.iter_mut().for_each(|gradient| gradient.fill(0.0));
    for (task, parts) in all.iter().enumerate() {
        let (sequence, head) = (task / heads.heads, task % heads.heads);
        let group = head / (heads.heads / heads.kv_heads);
        let places = [
            (n, heads.heads, head, head_dim),
            (m, heads.kv_heads, group, head_dim),
            (m, heads.kv_heads, group, value_dim),
        ];
        for ((target, part), (rows, count, head, dim)) in gradients.iter_mut().zip(parts).zip(places) {
            let stride = count * dim;
            put(&mut target[sequence * rows * stride + head * dim..], stride, part, dim, true);
        }
    }
}
