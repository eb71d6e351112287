//! Attention of few queries over keys and values as they lie: each is read once for a query, so that packing them would
//! take longer than it saves.

use super::super::elementwise::dot;
use super::super::parts::in_parts;
use super::super::scratch::with_scratch;
use super::super::{Threads, vectorised};
use super::tiles::{exponentials, scale};
use super::{Heads, WORTH_A_THREAD};

/// Keys and values with room for more: `[sequences, room, width]` each.
#[derive(Clone, Copy)]
pub struct Kept<'k> {
    /// What scores are made with.
    pub keys: &'k [f32],
    /// What is mixed by the scores.
    pub values: &'k [f32],
    /// Positions that there is room for.
    pub room: usize,
}

/// The heads' rows side by side, `[sequences · n, heads · value_dim]`, where `start` keys come before the first query.
pub fn attend_few(heads: &Heads, start: usize, q: &[f32], kept: Kept<'_>, joined: &mut [f32]) {
    let n = heads.positions[0];
    let widths = [heads.head_dim, heads.value_dim].map(|dim| heads.kv_heads * dim);
    let sharing = Threads::all_if(heads.work() >= WORTH_A_THREAD);
    in_parts(sharing, [(joined, heads.value_dim)], &|place, [joined]| {
        let (row, head) = (place / heads.heads, place % heads.heads);
        let (sequence, query) = (row / n, row % n);
        let seen = heads.seen(start + query);
        if seen.is_empty() {
            return joined.fill(0.0);
        }
        let first = (sequence * kept.room + seen.start, heads.group(head));
        let keys = &kept.keys[first.0 * widths[0] + first.1 * heads.head_dim..];
        let values = &kept.values[first.0 * widths[1] + first.1 * heads.value_dim..];
        with_scratch(seen.len(), |shares| {
            scores(shares, &q[place * heads.head_dim..][..heads.head_dim], keys, widths[0], heads.scale());
            let mut sum = 0.0;
            let (count, most) = (shares.len(), &mut [f32::NEG_INFINITY]);
            exponentials(shares, count, most, std::slice::from_mut(&mut sum));
            mix(joined, shares, values, widths[1]);
            scale(joined, 1.0 / sum);
        });
    });
}

vectorised! {
    /// factor · query · key for each key; they stand `width` apart.
    fn scores(row: &mut [f32], query: &[f32], keys: &[f32], width: usize, factor: f32) {
        for (score, key) in row.iter_mut().zip(keys.chunks(width)) {
            *score = factor * dot(query, &key[..query.len()]);
        }
    }
}

vectorised! {
    /// Σ share · value; values stand `width` apart.
    fn mix(y: &mut [f32], shares: &[f32], values: &[f32], width: usize) {
        y.fill(0.0);
        let dim = y.len();
        let (fours, rest) = shares.as_chunks::<4>();
        for (&[a, b, c, d], values) in fours.iter().zip(values.chunks(4 * width)) {
            let [of_a, of_b, of_c, of_d]: [&[f32]; 4] = std::array::from_fn(|at| &values[at * width..][..dim]);
            let each = of_a.iter().zip(of_b).zip(of_c).zip(of_d);
            for (y, (((of_a, of_b), of_c), of_d)) in y.iter_mut().zip(each) {
                *y += a * of_a + b * of_b + (c * of_c + d * of_d);
            }
        }
        for (at, share) in rest.iter().enumerate() {
            let value = &values[(4 * fours.len() + at) * width..][..dim];
            for (y, x) in y.iter_mut().zip(value) {
                *y += share * x;
            }
        }
    }
}
