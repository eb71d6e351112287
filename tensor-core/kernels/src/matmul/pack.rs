//! Brings the right side of a product into panels, a few columns each, row after row; and the left side into tiles.

use super::Matrix;
use super::lanes::{Lanes, copy_few};
use super::tile::VECTORS;

/// Packs the columns from `first` on into `panels`, whole panels of `right.rows` rows; past the last column with zeros.
///
/// # Safety
/// The processor has the instructions of `L`.
#[inline(always)]
pub(super) unsafe fn pack_panels<L: Lanes>(panels: &mut [f32], right: Matrix<'_>, first: usize) {
    let width = VECTORS * L::WIDTH;
    let depth = right.rows;
    if depth == 0 {
        return;
    }
    for (panel, target) in panels.chunks_exact_mut(depth * width).enumerate() {
        let column = first + panel * width;
        let columns = right.columns.saturating_sub(column).min(width);
        if columns < width {
            target.fill(0.0);
        }
        if right.column_stride == 1 {
            // SAFETY: as the caller promises.
            unsafe { copy_rows::<L>(target, right.columns_from(column, columns)) };
        } else if right.row_stride == 1 {
            // SAFETY: as the caller promises.
            unsafe { turn::<L>(target, width, right.columns_from(column, columns)) };
        } else {
            for (row, target) in target.chunks_exact_mut(width).enumerate() {
                let number =
                    |column: usize| right.values[row * right.row_stride + column * right.column_stride];
                target[..columns].iter_mut().enumerate().for_each(|(i, x)| *x = number(column + i));
            }
        }
    }
}

/// From rows whose numbers lie side by side, and are at most as many as a panel's.
///
/// # Safety
/// The processor has the instructions of `L`.
#[inline(always)]
unsafe fn copy_rows<L: Lanes>(target: &mut [f32], right: Matrix<'_>) {
    for (row, target) in target.chunks_exact_mut(VECTORS * L::WIDTH).enumerate() {
        let from = &right.values[row * right.row_stride..][..right.columns];
        if from.len() == target.len() {
            target.copy_from_slice(from);
            continue;
        }
        for (from, target) in from.chunks(L::WIDTH).zip(target.chunks_exact_mut(L::WIDTH)) {
            // SAFETY: both have so many numbers.
            unsafe { copy_few(from.as_ptr(), target.as_mut_ptr(), from.len()) };
        }
    }
}

/// Writes a matrix whose columns' numbers lie side by side in rows that begin `row_stride` apart, square after square.
///
/// # Safety
/// The processor has the instructions of `L`.
#[inline(always)]
pub(super) unsafe fn turn<L: Lanes>(to: &mut [f32], row_stride: usize, from: Matrix<'_>) {
    let Matrix { values, rows, columns, column_stride, .. } = from;
    for column in (0..columns).step_by(L::WIDTH) {
        let here = (columns - column).min(L::WIDTH);
        let squares = if here == L::WIDTH && rows >= L::WIDTH { rows } else { 0 };
        for row in (0..squares).step_by(L::WIDTH) {
            let row = row.min(rows - L::WIDTH); // the last one begins within the one before
            let from = &values[column * column_stride + row..][..(L::WIDTH - 1) * column_stride + L::WIDTH];
            let to = &mut to[row * row_stride + column..][..(L::WIDTH - 1) * row_stride + L::WIDTH];
            // SAFETY: both hold a square with these strides.
            unsafe { L::transpose(from.as_ptr(), column_stride, to.as_mut_ptr(), row_stride) };
        }
        if squares == 0 {
            for column in column..column + here {
                let from = &values[column * column_stride..][..rows];
                from.iter().zip(to[column..].chunks_mut(row_stride)).for_each(|(&from, to)| to[0] = from);
            }
        }
    }
}

/// Writes rows as tiles of `L::ROWS` of them: the numbers of a column side by side, column after column. What a last tile lacks
/// stays as it is.
///
/// # Safety
/// The processor has the instructions of `L`.
#[inline(always)]
pub(super) unsafe fn interleave<L: Lanes>(to: &mut [f32], left: Matrix<'_>) {
    let Matrix { values, rows, columns, row_stride, column_stride } = left;
    const { assert!(L::ROWS <= L::WIDTH, "a column of a tile is at most a vector") };
    assert!(to.len() >= rows.next_multiple_of(L::ROWS) * columns, "the tiles have room");
    if columns == 0 {
        return;
    }
    for (tile, to) in to.chunks_exact_mut(columns * L::ROWS).take(rows.div_ceil(L::ROWS)).enumerate() {
        let first = tile * L::ROWS;
        let here = (rows - first).min(L::ROWS);
        if row_stride == 1 {
            for (column, to) in to.chunks_exact_mut(L::ROWS).enumerate() {
                let from = &values[column * column_stride + first..][..here];
                // SAFETY: a tile has no more rows than a vector has numbers.
                unsafe { L::store_some(L::load_some(from.as_ptr(), here), to.as_mut_ptr(), here) };
            }
            continue;
        }
        let quads = if column_stride == 1 { here / 4 * 4 } else { 0 };
        let whole = columns / L::WIDTH * L::WIDTH;
        for row in (0..quads).step_by(4) {
            for column in (0..whole).step_by(L::WIDTH) {
                let from = &values[(first + row) * row_stride + column..][..3 * row_stride + L::WIDTH];
                let to = &mut to[column * L::ROWS + row..][..(L::WIDTH - 1) * L::ROWS + 4];
                let (from, to) = (from.as_ptr(), to.as_mut_ptr());
                // SAFETY: both hold so much with these strides. The next rows are asked for meanwhile.
                unsafe {
                    (4..8).for_each(|next| L::prefetch_near(from.wrapping_add(next * row_stride)));
                    L::four_rows(from, row_stride, to, L::ROWS);
                }
            }
            let four: [_; 4] = left.some_rows(first + row);
            for column in whole..columns {
                to[column * L::ROWS + row..][..4].copy_from_slice(&four.map(|row| row[column]));
            }
        }
        for row in quads..here {
            for column in 0..columns {
                to[column * L::ROWS + row] = values[(first + row) * row_stride + column * column_stride];
            }
        }
    }
}
