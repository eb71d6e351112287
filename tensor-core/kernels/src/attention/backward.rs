//! The way back: shares are computed anew from queries, keys, and the logarithm of their sum.

use super::super::matmul::{Into, Matrix, PanelView, multiply, multiply_packed, pack, packed_len};
use super::super::parts::in_parts;
use super::super::scratch::with_scratch;
use super::super::{Threads, threads};
use super::tiles::{At, dot, scores_back, shares};
use super::{Heads, Pass, from_a_panel, head_rows};

/// Keys of a tile.
pub(super) const KEYS: usize = 256;

/// Queries of a tile: fewer where tiles end with what their queries see.
fn queries_of_tile(heads: &Heads) -> usize {
    if heads.causal { 48 } else { 96 }
}

/// Multiplications from which on a second thread pays.
const WORTH_A_THREAD: usize = 1 << 17;

/// What came in, what came out, and its gradient.
#[derive(Clone, Copy)]
pub struct Taken<'t> {
    /// The queries.
    pub q: &'t [f32],
    /// The keys.
    pub k: &'t [f32],
    /// The values.
    pub v: &'t [f32],
    /// What came out.
    pub y: &'t [f32],
    /// The logarithm of each query's sum of exponentials.
    pub sums: &'t [f32],
    /// The gradient of y.
    pub g: &'t [f32],
}

/// The gradients of Q, K and V.
pub fn attend_back(heads: &Heads, pass: &Pass<'_>, taken: Taken<'_>, [of_q, of_k, of_v]: [&mut [f32]; 3]) {
    let [n, m] = heads.positions;
    let widths = [
        n * heads.heads * heads.head_dim,
        m * heads.kv_heads * heads.head_dim,
        m * heads.kv_heads * heads.value_dim,
    ];
    let alone = heads.work() < WORTH_A_THREAD || threads() == 1;
    if alone || heads.sequences >= 2 * threads() {
        let slices = [(of_q, widths[0]), (of_k, widths[1]), (of_v, widths[2])];
        return in_parts(Threads::all_if(!alone), slices, &|sequence, [of_q, of_k, of_v]| {
            let taken = taken.of_sequence(heads, sequence);
            for group in 0..heads.kv_heads {
                let (k, v) = (group * heads.head_dim, group * heads.value_dim);
                let q = k * (heads.heads / heads.kv_heads);
                let gradients = [&mut of_q[q..], &mut of_k[k..], &mut of_v[v..]];
                let strides = [
                    heads.heads * heads.head_dim,
                    heads.kv_heads * heads.head_dim,
                    heads.kv_heads * heads.value_dim,
                ];
                Group { heads, pass, taken, sequence, group }.run(gradients, strides);
            }
        });
    }
    in_groups(heads, pass, taken, [of_q, of_k, of_v], widths);
}

/// Heads that share keys as tasks, each with room of its own; then their rows are brought side by side.
fn in_groups(
    heads: &Heads,
    pass: &Pass<'_>,
    taken: Taken<'_>,
    gradients: [&mut [f32]; 3],
    widths: [usize; 3],
) {
    let parts = widths.map(|width| width / heads.kv_heads);
    let dims = [heads.head_dim * (heads.heads / heads.kv_heads), heads.head_dim, heads.value_dim];
    let length = parts.iter().sum::<usize>();
    with_scratch(heads.sequences * heads.kv_heads * length, |room| {
        in_parts(Threads::All, [(&mut *room, length)], &|place, [room]| {
            let (sequence, group) = (place / heads.kv_heads, place % heads.kv_heads);
            let (of_q, rest) = room.split_at_mut(parts[0]);
            let (of_k, of_v) = rest.split_at_mut(parts[1]);
            let taken = taken.of_sequence(heads, sequence);
            Group { heads, pass, taken, sequence, group }.run([of_q, of_k, of_v], dims);
        });
        let mut start = 0;
        for ((gradient, part), dim) in gradients.into_iter().zip(parts).zip(dims) {
            let rows = part / dim;
            let stride = heads.kv_heads * dim;
            in_parts(Threads::All, [(gradient, stride)], &|row, [target]| {
                for (group, target) in target.chunks_exact_mut(dim).enumerate() {
                    let room = &room[(row / rows * heads.kv_heads + group) * length + start..];
                    target.copy_from_slice(&room[row % rows * dim..][..dim]);
                }
            });
            start += part;
        }
    });
}

impl<'t> Taken<'t> {
    fn of_sequence(self, heads: &Heads, sequence: usize) -> Self {
        let [n, m] = heads.positions;
        let of = |x: &'t [f32], rows: usize, width: usize| &x[sequence * rows * width..][..rows * width];
        let (queries, keys) = (heads.heads * heads.head_dim, heads.kv_heads * heads.head_dim);
        let (values, joined) = (heads.kv_heads * heads.value_dim, heads.heads * heads.value_dim);
        Taken {
            q: of(self.q, n, queries),
            k: of(self.k, m, keys),
            v: of(self.v, m, values),
            y: of(self.y, n, joined),
            sums: of(self.sums, n, heads.heads),
            g: of(self.g, n, joined),
        }
    }
}

/// The heads of a sequence that share keys.
struct Group<'g> {
    heads: &'g Heads,
    pass: &'g Pass<'g>,
    taken: Taken<'g>,
    sequence: usize,
    group: usize,
}

impl Group<'_> {
    /// The gradients, in rows with these strides: of all the group's queries, of its keys, of its values.
    fn run(&self, [of_q, of_k, of_v]: [&mut [f32]; 3], strides: [usize; 3]) {
        let heads = self.heads;
        let ([n, m], members) = (heads.positions, heads.heads / heads.kv_heads);
        let (dim, value_dim) = (heads.head_dim, heads.value_dim);
        clear(of_q, strides[0], n, members * dim);
        clear(of_k, strides[1], m, dim);
        clear(of_v, strides[2], m, value_dim);
        let at_once = queries_of_tile(heads);
        let sizes = [
            packed_len(dim, KEYS),
            packed_len(value_dim, KEYS),
            packed_len(KEYS, dim),
            2 * at_once * KEYS,
            n,
        ];
        with_scratch(sizes.iter().sum(), |scratch| {
            let (key_columns, rest) = scratch.split_at_mut(sizes[0]);
            let (value_columns, rest) = rest.split_at_mut(sizes[1]);
            let (key_rows, rest) = rest.split_at_mut(sizes[2]);
            let (tile, totals) = rest.split_at_mut(sizes[3]);
            for member in 0..members {
                let head = self.group * members + member;
                self.totals(head, totals);
                for first in (0..m).step_by(KEYS) {
                    let keys = (first, (first + KEYS).min(m));
                    let k = head_rows(self.taken.k, keys, self.group, heads.kv_heads, dim);
                    let v = head_rows(self.taken.v, keys, self.group, heads.kv_heads, value_dim);
                    let of_columns = [pack(key_columns, k.transposed()), pack(value_columns, v.transposed())];
                    let of_rows = pack(key_rows, k);
                    for from in (0..n).step_by(at_once) {
                        let queries = (from, (from + at_once).min(n));
                        let seen = heads.seen_by_any(self.pass, queries);
                        if seen.start >= keys.1 || seen.end <= keys.0 {
                            continue;
                        }
                        let keys = from_a_panel(first, keys.1, &seen);
                        let (before, count) = (keys.0 - first, keys.1 - keys.0);
                        let [k, v] = of_columns.map(|panels| panels.columns_from(before, count));
                        let panels = [k, v, of_rows.rows_from(before, count)];
                        let gradients = [
                            &mut of_q[from * strides[0] + member * dim..],
                            &mut of_k[keys.0 * strides[1]..],
                            &mut of_v[keys.0 * strides[2]..],
                        ];
                        self.tile(head, (queries, keys), panels, totals, tile, gradients, strides);
                    }
                }
            }
        });
    }

    /// Σ g·y of each query: what its shares' gradients have in common.
    fn totals(&self, head: usize, totals: &mut [f32]) {
        let (width, dim) = (self.heads.heads * self.heads.value_dim, self.heads.value_dim);
        let rows = self.taken.g.chunks_exact(width).zip(self.taken.y.chunks_exact(width));
        for (total, (g, y)) in totals.iter_mut().zip(rows) {
            *total = dot(&g[head * dim..][..dim], &y[head * dim..][..dim]);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a tile has four sides")]
    fn tile(
        &self,
        head: usize,
        (queries, keys): ((usize, usize), (usize, usize)),
        [key_columns, value_columns, key_rows]: [PanelView<'_>; 3],
        totals: &[f32],
        tile: &mut [f32],
        [of_q, of_k, of_v]: [&mut [f32]; 3],
        strides: [usize; 3],
    ) {
        let (heads, taken) = (self.heads, self.taken);
        let (rows, count) = (queries.1 - queries.0, keys.1 - keys.0);
        let (dim, value_dim) = (heads.head_dim, heads.value_dim);
        let q = head_rows(taken.q, queries, head, heads.heads, dim);
        let g = head_rows(taken.g, queries, head, heads.heads, value_dim);
        let (scores, of_scores) = tile.split_at_mut(rows * KEYS);
        let (scores, of_scores) = (&mut scores[..rows * count], &mut of_scores[..rows * count]);
        multiply_packed(scores, count, Into::Replace, heads.scale(), q, key_columns);
        multiply_packed(of_scores, count, Into::Replace, 1.0, g, value_columns);
        let each = scores.chunks_exact_mut(count).zip(of_scores.chunks_exact_mut(count)).enumerate();
        for (row, (score, of_score)) in each {
            let query = queries.0 + row;
            let at = At { sequence: self.sequence, head, query, keys };
            heads.hide(self.pass, score, at);
            shares(score, taken.sums[query * heads.heads + head]);
            heads.drop(self.pass, of_score, at);
            scores_back(of_score, score, totals[query], heads.scale());
            heads.drop(self.pass, score, at);
        }
        let (scores, of_scores) = (Matrix::new(scores, rows, count), Matrix::new(of_scores, rows, count));
        multiply(of_v, strides[2], Into::Add, 1.0, scores.transposed(), g, Threads::One);
        multiply(of_k, strides[1], Into::Add, 1.0, of_scores.transposed(), q, Threads::One);
        multiply_packed(of_q, strides[0], Into::Add, 1.0, of_scores, key_rows);
    }
}

/// Sets rows to zero.
fn clear(x: &mut [f32], stride: usize, rows: usize, width: usize) {
    x.chunks_mut(stride).take(rows).for_each(|row| row[..width].fill(0.0));
}
