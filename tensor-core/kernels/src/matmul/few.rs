//! Few rows times a matrix given by its columns, one after another, as dot products: each column is read once, as it lies.

use super::Matrix;
use super::lanes::Lanes;

/// Columns that are worked on at a time, with up to [`Lanes::DOTS`] rows.
const GROUP: usize = 4;

/// Columns up to so many numbers are too short for the processor to see where it goes on: the next group is asked for. (Zen 3,
/// columns of 384 numbers from memory: 0.83 of the time for one row, 0.7 for two and four.)
const SHORT: usize = 1024;
/// Numbers of a line of the caches.
const LINE: usize = 16;

/// `sums[column][row] = left[row] · right[column]` for the columns from `first` on.
///
/// # Safety
/// The processor has the instructions of `L`; rows of `left` and columns of `right` have their numbers side by side.
#[inline(always)]
pub(super) unsafe fn dot_columns<L: Lanes>(
    sums: &mut [f32],
    left: Matrix<'_>,
    right: Matrix<'_>,
    first: usize,
) {
    let column = |column: usize| &right.values[column * right.column_stride..][..right.rows];
    let mut groups = sums.chunks_exact_mut(GROUP * left.rows);
    let mut at = first;
    for group in &mut groups {
        // SAFETY: as the caller promises.
        unsafe { dot_rows::<L, GROUP>(group, left, std::array::from_fn(|i| column(at + i))) };
        at += GROUP;
    }
    for sums in groups.into_remainder().chunks_exact_mut(left.rows) {
        // SAFETY: as the caller promises.
        unsafe { dot_rows::<L, 1>(sums, left, [column(at)]) };
        at += 1;
    }
}

/// # Safety
/// As [`dot_columns`].
#[inline(always)]
unsafe fn dot_rows<L: Lanes, const N: usize>(sums: &mut [f32], left: Matrix<'_>, columns: [&[f32]; N]) {
    let mut row = 0;
    macro_rules! while_left {
        ($($count:literal)+) => {$(
            if const { $count <= L::DOTS } {
                while left.rows - row >= $count {
                    // SAFETY: as the caller promises.
                    let found = unsafe { dot::<L, $count, N>(left.some_rows(row), columns, row == 0) };
                    for (sums, found) in sums.chunks_exact_mut(left.rows).zip(&found) {
                        sums[row..][..$count].copy_from_slice(found);
                    }
                    row += $count;
                }
            }
        )+};
    }
    while_left!(4 3 2 1);
}

/// Sums of products; `asks` for the columns after these.
///
/// # Safety
/// The processor has the instructions of `L`; all rows and columns are equally long.
#[inline(always)]
unsafe fn dot<L: Lanes, const M: usize, const N: usize>(
    rows: [&[f32]; M],
    columns: [&[f32]; N],
    asks: bool,
) -> [[f32; M]; N] {
    let depth = rows[0].len();
    let whole = depth / L::WIDTH * L::WIDTH;
    // SAFETY: vectors up to `whole` lie in the rows and columns.
    unsafe {
        let mut parts = [[L::zero(); M]; N];
        let next = columns[0].as_ptr().wrapping_add(N * depth);
        let asks = asks && N == GROUP && depth <= SHORT;
        for at in (0..whole).step_by(L::WIDTH) {
            if asks {
                for line in (0..GROUP * L::WIDTH).step_by(LINE) {
                    L::prefetch_far(next.wrapping_add(GROUP * at + line));
                }
            }
            let mut left = [L::zero(); M];
            for m in 0..M {
                left[m] = L::load(rows[m].as_ptr().add(at));
            }
            for n in 0..N {
                let right = L::load(columns[n].as_ptr().add(at));
                for m in 0..M {
                    parts[n][m] = L::multiply_add(left[m], right, parts[n][m]);
                }
            }
        }
        let mut sums = [[0.0; M]; N];
        for n in 0..N {
            for m in 0..M {
                sums[n][m] = L::sum(parts[n][m]) + dot_of_rest(&rows[m][whole..], &columns[n][whole..]);
            }
        }
        sums
    }
}

/// Fewer numbers than a vector has.
#[inline(always)]
pub(super) fn dot_of_rest(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
