//! Softmax of a tile of scores, row by row.

use super::super::elementwise::{self, largest, sum_of};
use super::super::math::exp_to_highest;
use super::super::vectorised;
use super::{Heads, Pass};

/// Rows of scores that are worked on side by side: while one waits for its largest, or its sum, another has work.
const ROWS: usize = 8;

vectorised! {
    /// Rows of `width` scores become exponentials less the larger of what `most` holds and their largest; `most` gets that, and
    /// `sums` their sums.
    pub(super) fn exponentials(scores: &mut [f32], width: usize, most: &mut [f32], sums: &mut [f32]) {
        let rows = scores.chunks_mut(ROWS * width).zip(most.chunks_mut(ROWS)).zip(sums.chunks_mut(ROWS));
        for ((scores, most), sums) in rows {
            for (row, most) in scores.chunks_exact(width).zip(&mut *most) {
                let found = largest(row);
                *most = if found > *most { found } else { *most };
            }
            for (row, &most) in scores.chunks_exact_mut(width).zip(&*most) {
                if most == f32::NEG_INFINITY && !row.iter().any(|x| x.is_nan()) {
                    row.fill(0.0); // no key is seen
                    continue;
                }
                for x in row.iter_mut() {
                    *x = exp_to_highest::<FUSED>(*x - most);
                }
            }
            for (row, sum) in scores.chunks_exact(width).zip(sums) {
                *sum = sum_of(row, |x| x);
            }
        }
    }
}

vectorised! {
    /// Scores become exponentials less `shift`.
    pub(super) fn shares(row: &mut [f32], shift: f32) {
        for x in row.iter_mut() {
            *x = exp_to_highest::<FUSED>(*x - shift);
        }
    }
}

vectorised! {
    /// x *= factor
    pub(super) fn scale(x: &mut [f32], factor: f32) {
        for x in x.iter_mut() {
            *x *= factor;
        }
    }
}

vectorised! {
    /// shares · (gradient − total) · factor: the gradient of scores.
    pub(super) fn scores_back(gradient: &mut [f32], shares: &[f32], total: f32, factor: f32) {
        for (g, &share) in gradient.iter_mut().zip(shares) {
            *g = share * (*g - total) * factor;
        }
    }
}

vectorised! {
    /// Σ a·b
    pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
        elementwise::dot(a, b)
    }
}

vectorised! {
    /// Multiplies a query's shares by 0 where they are dropped, else by 1 / (1 − p); `place` is that of the first.
    pub(super) fn drop_shares(row: &mut [f32], probability: f64, seed: u64, place: u64) {
        let (factor, bound) = (1.0 / (1.0 - probability) as f32, (probability * 4_294_967_296.0) as u64);
        for (key, x) in row.iter_mut().enumerate() {
            *x *= if super::super::dropout::mix(seed, place + key as u64) >> 32 < bound { 0.0 } else { factor };
        }
    }
}

/// Where a query's row of a tile of scores stands.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) sequence: usize,
    pub(super) head: usize,
    pub(super) query: usize,
    /// The first key of the tile, and the one after its last.
    pub(super) keys: (usize, usize),
}

impl Heads {
    /// Sets the scores of keys that the query does not see to −∞.
    pub(super) fn hide(&self, pass: &Pass<'_>, row: &mut [f32], at: At) {
        let (first, end) = at.keys;
        if self.causal {
            let seen = self.seen(pass.start + at.query);
            let (from, to) = (seen.start.clamp(first, end) - first, seen.end.clamp(first, end) - first);
            row[..from].fill(f32::NEG_INFINITY);
            row[to.max(from)..].fill(f32::NEG_INFINITY);
        }
        if !pass.mask.is_empty() {
            let mask = &pass.mask[at.sequence * self.positions[1]..][first..end];
            for (score, &counts) in row.iter_mut().zip(mask) {
                *score = if counts == 0.0 { f32::NEG_INFINITY } else { *score };
            }
        }
    }

    /// The keys that some query of these sees.
    pub(super) fn seen_by_any(&self, pass: &Pass<'_>, queries: (usize, usize)) -> std::ops::Range<usize> {
        self.seen(pass.start + queries.0).start..self.seen(pass.start + queries.1 - 1).end
    }

    /// Drops shares.
    pub(super) fn drop(&self, pass: &Pass<'_>, row: &mut [f32], at: At) {
        if let Some((probability, seed)) = pass.dropout {
            let [n, m] = self.positions;
            let place = ((at.sequence * self.heads + at.head) * n + at.query) * m + at.keys.0;
            drop_shares(row, probability, seed, place as u64);
        }
    }
}
