//! Few rows times a matrix given by its columns, one after another, as dot products: each column is read once, as it lies.

use super::Matrix;
use super::lanes::Lanes;

/// Columns that are worked on at a time, with up to [`Lanes::DOTS`] rows.
const GROUP: usize = 4;

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
    let column = |at: usize| &right.values[(first + at) * right.column_stride..][..right.rows];
    let count = sums.len() / left.rows;
    // The columns of a group from as many parts of the matrix: what comes from memory comes in so many long streams. (Zen 3: a
    // fifth less time than neighbours take that have 384 numbers.)
    let apart = count / GROUP;
    for at in 0..apart {
        // SAFETY: as the caller promises.
        unsafe {
            dot_rows::<L, GROUP>(sums, (at, apart), left, std::array::from_fn(|i| column(at + i * apart)))
        };
    }
    for at in GROUP * apart..count {
        // SAFETY: as the caller promises.
        unsafe { dot_rows::<L, 1>(sums, (at, 1), left, [column(at)]) };
    }
}

/// All rows with some columns, whose sums begin at that of the column `at` and lie so many columns `apart`.
///
/// # Safety
/// As [`dot_columns`].
#[inline(always)]
unsafe fn dot_rows<L: Lanes, const N: usize>(
    sums: &mut [f32],
    (at, apart): (usize, usize),
    left: Matrix<'_>,
    columns: [&[f32]; N],
) {
    let mut row = 0;
    macro_rules! while_left {
        ($($count:literal)+) => {$(
            if const { $count <= L::DOTS } {
                while left.rows - row >= $count {
                    // SAFETY: as the caller promises.
                    let found = unsafe { dot::<L, $count, N>(left.some_rows(row), columns) };
                    for (n, found) in found.iter().enumerate() {
                        sums[(at + n * apart) * left.rows + row..][..$count].copy_from_slice(found);
                    }
                    row += $count;
                }
            }
        )+};
    }
    while_left!(4 3 2 1);
}

/// Sums of products.
///
/// # Safety
/// The processor has the instructions of `L`; all rows and columns are equally long.
#[inline(always)]
unsafe fn dot<L: Lanes, const M: usize, const N: usize>(
    rows: [&[f32]; M],
    columns: [&[f32]; N],
) -> [[f32; M]; N] {
    let depth = rows[0].len();
    let (whole, rest) = (depth / L::WIDTH * L::WIDTH, depth % L::WIDTH);
    // SAFETY: vectors up to `whole` lie in the rows and columns, and then so many numbers of the `rest`.
    unsafe {
        let mut parts = [[L::zero(); M]; N];
        for at in (0..whole).step_by(L::WIDTH) {
            let left = rows.map(|row| L::load(row.as_ptr().add(at)));
            for n in 0..N {
                let right = L::load(columns[n].as_ptr().add(at));
                for m in 0..M {
                    parts[n][m] = L::multiply_add(left[m], right, parts[n][m]);
                }
            }
        }
        if rest > 0 {
            let left = rows.map(|row| L::load_some(row.as_ptr().add(whole), rest));
            for n in 0..N {
                let right = L::load_some(columns[n].as_ptr().add(whole), rest);
                for m in 0..M {
                    parts[n][m] = L::multiply_add(left[m], right, parts[n][m]);
                }
            }
        }
        let mut sums = [[0.0; M]; N];
        for n in 0..N {
            for m in 0..M {
                sums[n][m] = L::sum(parts[n][m]);
            }
        }
        sums
    }
}
