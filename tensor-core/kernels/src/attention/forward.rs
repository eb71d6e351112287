//! The way forward.

use super::super::math::exp_to_highest;
use super::super::matmul::{Into, PanelView, multiply_packed, pack, packed_len};
use super::super::parts::in_parts;
use super::super::scratch::with_scratch;
use super::super::{Threads, threads};
use super::tiles::{At, exponentials, scale};
use super::{Heads, Pass, WORTH_A_THREAD, from_a_panel, head_rows};

/// Keys of a tile: as many as stay in the second cache with their values and scores. (Cascade Lake, 1024 keys: 3 to 6 % less
/// time than 256.)
pub(super) const KEYS: usize = 512;

/// Queries of a tile: fewer where there are many keys, and where tiles end with what their queries see.
fn queries_of_tile(heads: &Heads) -> usize {
    if heads.causal || heads.positions[1] > KEYS / 2 { 48 } else { 96 }
}

/// The heads' rows side by side, `[sequences · n, heads · value_dim]`; and for the way back the logarithm of each query's sum
/// of exponentials, `[sequences, n, heads]`.
pub fn attend(heads: &Heads, pass: &Pass<'_>, [q, k, v]: [&[f32]; 3], joined: &mut [f32], sums: &mut [f32]) {
    let [n, m] = heads.positions;
    let panels = Packed::of(heads);
    with_scratch(heads.sequences * heads.kv_heads * panels.len, |packed| {
        let several = heads.work() >= WORTH_A_THREAD && threads() > 1;
        let sharing = Threads::all_if(several);
        in_parts(sharing, [(&mut *packed, panels.len)], &|place, [packed]| {
            let (sequence, group) = (place / heads.kv_heads, place % heads.kv_heads);
            let (k, v) = (
                &k[sequence * m * heads.kv_heads * heads.head_dim..],
                &v[sequence * m * heads.kv_heads * heads.value_dim..],
            );
            panels.pack(heads, packed, (k, v), group);
        });
        // Blocks of queries of each sequence; the last one of a sequence may be shorter.
        let (packed, block) = (&*packed, block_of(heads, several));
        let (width, count) = (heads.heads * heads.value_dim, heads.heads);
        in_parts(sharing, [(joined, n * width), (sums, n * count)], &|sequence, [joined, sums]| {
            let q = &q[sequence * n * heads.heads * heads.head_dim..];
            in_parts(sharing, [(joined, block * width), (sums, block * count)], &|place, [joined, sums]| {
                let queries = (place * block, ((place + 1) * block).min(n));
                Block { heads, pass, panels, sequence, queries }.run(q, packed, joined, sums);
            });
        });
    });
}

/// Queries of a task: all of a sequence, or fewer where there are few sequences.
fn block_of(heads: &Heads, several: bool) -> usize {
    let n = heads.positions[0];
    if !several {
        return n;
    }
    let tasks = (4 * threads()).div_ceil(heads.sequences);
    n.div_ceil(tasks).next_multiple_of(12).max(48).min(n)
}

/// Keys and values of a head, packed tile by tile.
#[derive(Clone, Copy)]
struct Packed {
    /// Numbers of a tile's keys, and of its values.
    keys: usize,
    values: usize,
    len: usize,
}

impl Packed {
    fn of(heads: &Heads) -> Self {
        let tile = heads.positions[1].min(KEYS);
        let (keys, values) = (packed_len(heads.head_dim, tile), packed_len(tile, heads.value_dim));
        Packed { keys, values, len: heads.positions[1].div_ceil(KEYS) * (keys + values) }
    }

    fn pack(&self, heads: &Heads, packed: &mut [f32], (k, v): (&[f32], &[f32]), group: usize) {
        let m = heads.positions[1];
        for (tile, packed) in packed.chunks_exact_mut(self.keys + self.values).enumerate() {
            let rows = (tile * KEYS, ((tile + 1) * KEYS).min(m));
            let (keys, values) = packed.split_at_mut(self.keys);
            pack(keys, head_rows(k, rows, group, heads.kv_heads, heads.head_dim).transposed());
            pack(values, head_rows(v, rows, group, heads.kv_heads, heads.value_dim));
        }
    }

    /// Some keys and values of a tile of a head of a sequence, whose first one is a panel's first.
    fn tile<'p>(
        &self,
        heads: &Heads,
        packed: &'p [f32],
        (head, tile): (usize, usize),
        (first, end): (usize, usize),
    ) -> [PanelView<'p>; 2] {
        let start = head * self.len + tile * (self.keys + self.values);
        let (keys, values) = packed[start..][..self.keys + self.values].split_at(self.keys);
        let (before, count) = (tile * KEYS, (heads.positions[1] - tile * KEYS).min(KEYS));
        [
            PanelView::new(keys, heads.head_dim, count).columns_from(first - before, end - first),
            PanelView::new(values, count, heads.value_dim).rows_from(first - before, end - first),
        ]
    }
}

/// Some queries of a sequence, of all heads.
struct Block<'b> {
    heads: &'b Heads,
    pass: &'b Pass<'b>,
    panels: Packed,
    sequence: usize,
    queries: (usize, usize),
}

impl Block<'_> {
    fn run(&self, q: &[f32], packed: &[f32], joined: &mut [f32], sums: &mut [f32]) {
        let (heads, (first, end)) = (self.heads, self.queries);
        let width = heads.heads * heads.value_dim;
        let most = queries_of_tile(heads);
        with_scratch(most * (KEYS + 3), |scratch| {
            for head in 0..heads.heads {
                for from in (first..end).step_by(most) {
                    let queries = (from, (from + most).min(end));
                    let joined = &mut joined[(from - first) * width + head * heads.value_dim..];
                    let sums = &mut sums[(from - first) * heads.heads + head..];
                    self.tile(head, queries, (q, packed), joined, sums, scratch);
                }
            }
        });
    }

    /// Some queries of a head, over all keys.
    fn tile(
        &self,
        head: usize,
        queries: (usize, usize),
        (q, packed): (&[f32], &[f32]),
        joined: &mut [f32],
        sums: &mut [f32],
        scratch: &mut [f32],
    ) {
        let heads = self.heads;
        let (rows, width, dim) = (queries.1 - queries.0, heads.heads * heads.value_dim, heads.value_dim);
        let (scores, of_rows) = scratch.split_at_mut(rows * KEYS);
        let (most, of_rows) = of_rows.split_at_mut(rows);
        let (before, of_rows) = of_rows.split_at_mut(rows);
        let sums_here = &mut of_rows[..rows];
        most.fill(f32::NEG_INFINITY);
        (0..rows).for_each(|row| sums[row * heads.heads] = 0.0);
        let seen = heads.seen_by_any(self.pass, queries);
        let left = head_rows(q, queries, head, heads.heads, heads.head_dim);
        let mut how = Into::Replace;
        let tiles = if seen.is_empty() { 0..0 } else { seen.start / KEYS..seen.end.div_ceil(KEYS) };
        for tile in tiles {
            let keys = from_a_panel(tile * KEYS, (tile + 1) * KEYS, &seen);
            let count = keys.1 - keys.0;
            let place = self.sequence * heads.kv_heads + heads.group(head);
            let [key_panels, value_panels] = self.panels.tile(heads, packed, (place, tile), keys);
            let scores = &mut scores[..rows * count];
            multiply_packed(scores, count, Into::Replace, heads.scale(), left, key_panels);
            let at = |row: usize| At { sequence: self.sequence, head, query: queries.0 + row, keys };
            for (row, scores) in scores.chunks_exact_mut(count).enumerate() {
                heads.hide(self.pass, scores, at(row));
            }
            before.copy_from_slice(most);
            exponentials(scores, count, most, sums_here);
            for (row, scores) in scores.chunks_exact_mut(count).enumerate() {
                heads.drop(self.pass, scores, at(row));
                let sum = &mut sums[row * heads.heads];
                if how == Into::Add && most[row] != before[row] {
                    // −∞ before: nothing was seen yet.
                    let factor = exp_to_highest::<false>(before[row] - most[row]);
                    *sum *= factor;
                    scale(&mut joined[row * width..][..dim], factor);
                }
                *sum += sums_here[row];
            }
            let shares = super::Matrix::new(scores, rows, count);
            multiply_packed(joined, width, how, 1.0, shares, value_panels);
            how = Into::Add;
        }
        for row in 0..rows {
            if how == Into::Replace {
                joined[row * width..][..dim].fill(0.0); // no query sees a key
            }
            let sum = &mut sums[row * heads.heads];
            scale(&mut joined[row * width..][..dim], 1.0 / *sum);
            *sum = most[row] + sum.ln();
        }
    }
}
