//! Many rows times few queries, as dot products: the rows come from memory, once and in their order, the queries stay in the
//! nearest cache.

use super::Matrix;
use super::few::dot_of_rest;
use super::lanes::Lanes;

/// Queries that meet a row at once.
const QUERIES: usize = 4;

/// How many numbers ahead the memory is asked: two rows of a usual width. (Zen 3: a quarter less time for four queries, a third
/// for sixteen.)
const AHEAD: usize = 1024;

/// `sums[row][query] = rows[row] · queries[query]`. What a row's sum is does not depend on the rows beside it.
///
/// # Safety
/// The processor has the instructions of `L`; rows and queries are equally wide and have their numbers side by side.
#[inline(always)]
pub(super) unsafe fn dot_rows<L: Lanes>(sums: &mut [f32], rows: Matrix<'_>, queries: Matrix<'_>) {
    let count = queries.rows;
    let row = |row: usize| &rows.values[row * rows.row_stride..][..rows.columns];
    let mut at = 0;
    let mut pairs = sums.chunks_exact_mut(2 * count);
    for sums in &mut pairs {
        // SAFETY: as the caller promises.
        unsafe { dot_queries::<L, 2>(sums, [row(at), row(at + 1)], queries) };
        at += 2;
    }
    for sums in pairs.into_remainder().chunks_exact_mut(count) {
        // SAFETY: as the caller promises.
        unsafe { dot_queries::<L, 1>(sums, [row(at)], queries) };
        at += 1;
    }
}

/// # Safety
/// As [`dot_rows`].
#[inline(always)]
unsafe fn dot_queries<L: Lanes, const R: usize>(sums: &mut [f32], rows: [&[f32]; R], queries: Matrix<'_>) {
    let count = queries.rows;
    let query = |query: usize| &queries.values[query * queries.row_stride..][..queries.columns];
    let mut at = 0;
    // SAFETY: as the caller promises.
    unsafe {
        while count - at >= QUERIES {
            let found = dot::<L, R, QUERIES, 1>(rows, std::array::from_fn(|i| query(at + i)), at == 0);
            put(sums, count, at, found);
            at += QUERIES;
        }
        if count - at >= 2 {
            put(sums, count, at, dot::<L, R, 2, 1>(rows, [query(at), query(at + 1)], at == 0));
            at += 2;
        }
        if count > at {
            // One row after another, in four parts, so that no sum waits for the one before.
            for (row, sums) in rows.into_iter().zip(sums.chunks_exact_mut(count)) {
                put(sums, count, at, dot::<L, 1, 1, 4>([row], [query(at)], at == 0));
            }
        }
    }
}

#[inline(always)]
fn put<const R: usize, const Q: usize>(sums: &mut [f32], count: usize, at: usize, found: [[f32; Q]; R]) {
    for (sums, found) in sums.chunks_exact_mut(count).zip(found) {
        sums[at..at + Q].copy_from_slice(&found);
    }
}

/// Sums of `U` parts each; `asks` for what comes after the rows in memory.
///
/// # Safety
/// The processor has the instructions of `L`; all are equally wide.
#[inline(always)]
unsafe fn dot<L: Lanes, const R: usize, const Q: usize, const U: usize>(
    rows: [&[f32]; R],
    queries: [&[f32]; Q],
    asks: bool,
) -> [[f32; Q]; R] {
    let width = rows[0].len();
    let in_parts = width / (U * L::WIDTH) * (U * L::WIDTH);
    let whole = width / L::WIDTH * L::WIDTH;
    // SAFETY: vectors up to `whole` lie in the rows and queries.
    unsafe {
        let mut parts = [[[L::zero(); Q]; R]; U];
        for start in (0..in_parts).step_by(U * L::WIDTH) {
            for (part, sums) in parts.iter_mut().enumerate() {
                add::<L, R, Q>(sums, rows, queries, start + part * L::WIDTH, asks);
            }
        }
        for at in (in_parts..whole).step_by(L::WIDTH) {
            add::<L, R, Q>(&mut parts[0], rows, queries, at, asks);
        }
        std::array::from_fn(|r| {
            std::array::from_fn(|q| {
                let sum: f32 = parts.iter().map(|part| L::sum(part[r][q])).sum();
                sum + dot_of_rest(&rows[r][whole..], &queries[q][whole..])
            })
        })
    }
}

/// Adds the products of the vectors at one place.
///
/// # Safety
/// The processor has the instructions of `L`; rows and queries have a whole vector there.
#[inline(always)]
unsafe fn add<L: Lanes, const R: usize, const Q: usize>(
    sums: &mut [[L::Vector; Q]; R],
    rows: [&[f32]; R],
    queries: [&[f32]; Q],
    at: usize,
    asks: bool,
) {
    // SAFETY: as the caller promises.
    unsafe {
        let queries: [L::Vector; Q] = std::array::from_fn(|i| L::load(queries[i].as_ptr().add(at)));
        for (sums, row) in sums.iter_mut().zip(rows) {
            let from = row.as_ptr().add(at);
            if asks {
                L::prefetch(from.wrapping_add(AHEAD));
            }
            let row = L::load(from);
            for (sum, &query) in sums.iter_mut().zip(&queries) {
                *sum = L::multiply_add(row, query, *sum);
            }
        }
    }
}
