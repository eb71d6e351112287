//! All scores, block by block, and the best of them.
//!
//! A block of rows is multiplied with a group of queries, and what exceeds a query's worst kept score is kept: the scores of
//! a block stay in the nearest caches, and those of all rows are never there at once.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::best::{Best, Scored};
use crate::kernels::matmul::{self, Into, Matrix, PanelView};
use crate::kernels::scratch::with_scratch;
use crate::kernels::{threads, vectorised};

/// Queries that meet a block of rows at once; packed, they stay in the second cache.
const GROUP: usize = 256;
/// Rows of a block.
const BLOCK: usize = 96;
/// Multiplications from which on a second thread pays.
const WORTH_A_THREAD: usize = 1 << 18;

/// Rows one after another, with the number of the first.
#[derive(Clone, Copy)]
pub(super) struct Part<'p> {
    pub(super) first: usize,
    pub(super) rows: &'p [f32],
}

/// For each query of `width` numbers the best `k` rows, the best first.
pub(super) fn best(parts: [Part<'_>; 2], queries: &[f32], width: usize, k: usize) -> Vec<Vec<Scored>> {
    if k == 0 {
        return vec![Vec::new(); queries.len() / width];
    }
    queries.chunks(GROUP * width).flat_map(|group| best_of_group(parts, group, width, k)).collect()
}

fn best_of_group(parts: [Part<'_>; 2], queries: &[f32], width: usize, k: usize) -> Vec<Vec<Scored>> {
    let count = queries.len() / width;
    let rows: usize = parts.iter().map(|part| part.rows.len()).sum::<usize>() / width;
    let work = rows.saturating_mul(queries.len());
    let workers = if work < WORTH_A_THREAD { 1 } else { threads() };
    let next = AtomicUsize::new(0);
    let panels = if is_streamed(count) { 0 } else { matmul::packed_len(width, count) };
    let found: Vec<Vec<Best>> = with_scratch(panels, |panels| {
        if !is_streamed(count) {
            matmul::pack(panels, Matrix::new(queries, count, width).transposed());
        }
        let group = Group { queries, panels, width, count };
        let work = |_| work_on(&group, parts, &next, k);
        if workers == 1 {
            vec![work(0)]
        } else {
            (0..workers).into_par_iter().with_max_len(1).map(work).collect()
        }
    });
    let mut merged = vec![Vec::new(); count];
    for found in found {
        for (merged, best) in merged.iter_mut().zip(found) {
            merged.extend(best.into_iter());
        }
    }
    for merged in &mut merged {
        merged.sort_unstable_by(|a, b| b.cmp(a));
        merged.truncate(k);
    }
    merged
}

/// Queries, and the same packed as products take them, unless they are few.
struct Group<'g> {
    queries: &'g [f32],
    panels: &'g [f32],
    width: usize,
    count: usize,
}

impl Group<'_> {
    /// `scores[row][query]` of a block.
    fn score(&self, scores: &mut [f32], block: &[f32]) {
        let Group { queries, panels, width, count } = *self;
        let rows = Matrix::new(block, block.len() / width, width);
        if is_streamed(count) {
            matmul::dots(scores, Matrix::new(queries, count, width), rows);
        } else {
            matmul::multiply_packed(
                scores,
                count,
                Into::Replace,
                1.0,
                rows,
                PanelView::new(panels, width, count),
            );
        }
    }
}

/// Whether so few queries are read again for each row, which needs no packing and keeps pace with the memory. (16 queries with
/// AVX-512: 0.79 of the time of packed ones on a Cascade Lake; 32 with AVX2: 2.4 times their time on Zen 3.)
fn is_streamed(queries: usize) -> bool {
    queries <= matmul::panel_columns() / 2
}

/// Takes the next block as long as there is one; the best of those that this thread took.
fn work_on(group: &Group<'_>, parts: [Part<'_>; 2], next: &AtomicUsize, k: usize) -> Vec<Best> {
    let Group { width, count, .. } = *group;
    let mut best: Vec<Best> = (0..count).map(|_| Best::new(k)).collect();
    let mut bars = vec![f32::NAN; count];
    let blocks = parts.map(|part| part.rows.len().div_ceil(BLOCK * width));
    with_scratch(BLOCK * count, |scores| {
        loop {
            // A thread's blocks ascend, so that a later row never replaces one of equal score.
            let block = next.fetch_add(1, Ordering::Relaxed);
            let (part, block) =
                if block < blocks[0] { (parts[0], block) } else { (parts[1], block - blocks[0]) };
            let Some(rows) = part.rows.chunks(BLOCK * width).nth(block) else { break };
            let scores = &mut scores[..rows.len() / width * count];
            group.score(scores, rows);
            let first = part.first + block * BLOCK;
            let mut row = 0;
            while let Some(above) = first_above(scores, &bars, row) {
                let scores = &scores[above * count..][..count];
                for ((best, bar), &score) in best.iter_mut().zip(&mut bars).zip(scores) {
                    if is_above(score, *bar) {
                        best.offer(Scored { score, row: first + above });
                        *bar = best.bar();
                    }
                }
                row = above + 1;
            }
        }
    });
    best
}

/// Whether a score may be among the best; one that is NaN, or meets a bar of NaN, may.
#[inline(always)]
#[expect(clippy::neg_cmp_op_on_partial_ord, reason = "NaN is not below")]
fn is_above(score: f32, bar: f32) -> bool {
    !(score <= bar)
}

vectorised! {
    /// The first row, from `start` on, of which a score may be among the best of its query.
    fn first_above(scores: &[f32], bars: &[f32], start: usize) -> Option<usize> {
        let any = |scores: &[f32]| {
            scores.iter().zip(bars).fold(false, |any, (&score, &bar)| any | is_above(score, bar))
        };
        let mut rows = scores.chunks_exact(bars.len()).enumerate().skip(start);
        rows.find(|(_, scores)| any(scores)).map(|(row, _)| row)
    }
}
