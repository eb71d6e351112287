//! Brings the right side of a product into panels: a few columns each, row after row.

use super::Matrix;
use super::lanes::Lanes;
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
        if right.column_stride == 1 {
            copy_rows(target, right, column, columns, width);
        } else if right.row_stride == 1 {
            if columns < width {
                target.chunks_exact_mut(width).for_each(|row| row[columns..].fill(0.0));
            }
            // SAFETY: as the caller promises.
            unsafe { turn::<L>(target, width, right.columns_from(column, columns)) };
        } else {
            for (row, target) in target.chunks_exact_mut(width).enumerate() {
                let number =
                    |column: usize| right.values[row * right.row_stride + column * right.column_stride];
                target.fill(0.0);
                target[..columns].iter_mut().enumerate().for_each(|(i, x)| *x = number(column + i));
            }
        }
    }
}

/// From rows whose numbers lie side by side.
#[inline(always)]
fn copy_rows(target: &mut [f32], right: Matrix<'_>, column: usize, columns: usize, width: usize) {
    for (row, target) in target.chunks_exact_mut(width).enumerate() {
        let from = &right.values[row * right.row_stride + column..][..columns];
        if columns == width {
            target.copy_from_slice(from);
        } else {
            target[..columns].copy_from_slice(from);
            target[columns..].fill(0.0);
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
    let whole = rows / L::WIDTH * L::WIDTH;
    for column in (0..columns).step_by(L::WIDTH) {
        let here = (columns - column).min(L::WIDTH);
        let squares = if here == L::WIDTH { whole } else { 0 };
        for row in (0..squares).step_by(L::WIDTH) {
            let from = &values[column * column_stride + row..][..(L::WIDTH - 1) * column_stride + L::WIDTH];
            let to = &mut to[row * row_stride + column..][..(L::WIDTH - 1) * row_stride + L::WIDTH];
            // SAFETY: both hold a square with these strides.
            unsafe { L::transpose(from.as_ptr(), column_stride, to.as_mut_ptr(), row_stride) };
        }
        for row in squares..rows {
            for column in column..column + here {
                to[row * row_stride + column] = values[column * column_stride + row];
            }
        }
    }
}
