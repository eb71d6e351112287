//! Products of matrices in rows of any stride.
//!
//! The left side is read as it lies, number by number, if row by row (with AVX-512 from tiles of a few rows, packed as it goes);
//! the right side is packed into panels of a few columns, which stay in the nearest cache, by [`pack`]. `tile` multiplies rows
//! with panels. Few rows with a matrix given by its columns, as a weight `[out, in]` is, need no packing: `few`. All of it is
//! written once for any width of vectors (`lanes`) and compiled for AVX-512, AVX2, and what the target has; the processor decides
//! when the program runs.

mod blocks;
mod columns;
mod few;
mod lanes;
mod level;
mod pack;
mod panels;
mod tile;

use super::parts::{ALONE, in_blocks, in_parts};
use super::scratch::{LINE, first_of_a_line, with_scratch};
use super::{Level, Threads, threads};
use blocks::one_by_one;
pub use blocks::{Finish, Rows};
use columns::Columns;
pub use panels::{PanelView, Panels, pack, packed_len, panel_columns};

/// A matrix in a slice: `rows × columns`, neighbours in a column `row_stride` apart, in a row `column_stride`.
#[derive(Clone, Copy)]
pub struct Matrix<'s> {
    values: &'s [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'s> Matrix<'s> {
    /// Rows one after another.
    pub fn new(values: &'s [f32], rows: usize, columns: usize) -> Self {
        Matrix::strided(values, rows, columns, columns)
    }

    /// Rows of which only the first `columns` numbers count.
    pub fn strided(values: &'s [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        let matrix = Matrix { values, rows, columns, row_stride, column_stride: 1 };
        assert!(matrix.fits(values.len()), "a matrix lies in its slice");
        matrix
    }

    /// Its columns as rows, where they lie.
    pub fn transposed(self) -> Self {
        let Matrix { values, rows, columns, row_stride, column_stride } = self;
        Matrix { values, rows: columns, columns: rows, row_stride: column_stride, column_stride: row_stride }
    }

    /// So many rows from `first` on.
    fn rows_from(self, first: usize, rows: usize) -> Self {
        Matrix { values: &self.values[(first * self.row_stride).min(self.values.len())..], rows, ..self }
    }

    /// So many columns from `first` on.
    fn columns_from(self, first: usize, columns: usize) -> Self {
        Matrix {
            values: &self.values[(first * self.column_stride).min(self.values.len())..],
            columns,
            ..self
        }
    }

    /// `N` rows from `first` on, whose numbers lie side by side.
    fn some_rows<const N: usize>(&self, first: usize) -> [&'s [f32]; N] {
        std::array::from_fn(|i| &self.values[(first + i) * self.row_stride..][..self.columns])
    }

    fn fits(&self, length: usize) -> bool {
        self.rows == 0
            || self.columns == 0
            || (self.rows - 1) * self.row_stride + (self.columns - 1) * self.column_stride < length
    }
}

/// Where a product goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Into {
    /// It replaces what is there.
    Replace,
    /// It is added to what is there.
    Add,
}

/// Multiplications from which on a second thread pays.
const WORTH_A_THREAD: usize = 1 << 18;
/// Numbers of a right side from which on a second thread pays for few rows.
const WORTH_A_THREAD_FOR_FEW: usize = 1 << 16;
/// The most rows that meet a panel one after another, and are finished then: they stay in the second cache, also where two
/// threads share it, and are worth that all panels come from the third. (Zen 3.)
const ROWS_AT_ONCE: usize = 48;
/// Rows below which threads share panels and not rows: each panel is read by one of them alone, and 16 rows do not become 12
/// and 4. (Zen 3: a fourth to a third less time for 16 rows, 4 % for 48, none for 64.)
const ROWS_TO_SHARE: usize = 56;
/// `target = scale · left · right`, or `+=`; `target` is in rows of `row_stride`.
pub fn multiply(
    target: &mut [f32],
    row_stride: usize,
    how: Into,
    scale: f32,
    left: Matrix<'_>,
    right: Matrix<'_>,
    threads: Threads,
) {
    let product =
        Product { row_stride, how, scale, left, columns: right.columns, level: Level::best(), threads };
    product.with(Rows::of(target), right, None);
}

/// `target = scale · left · right`, whose rows `finish` then gets in blocks, with the number of the first.
pub fn multiply_rows(
    target: Rows<'_>,
    scale: f32,
    left: Matrix<'_>,
    right: Matrix<'_>,
    threads: Threads,
    finish: Finish<'_>,
) {
    let (level, how, columns) = (Level::best(), Into::Replace, right.columns);
    let product = Product { row_stride: columns, how, scale, left, columns, level, threads };
    product.with(target, right, Some(finish));
}

/// [`multiply_rows`] by a right side that [`pack`] has packed.
pub fn multiply_rows_packed(
    target: Rows<'_>,
    scale: f32,
    left: Matrix<'_>,
    panels: PanelView<'_>,
    threads: Threads,
    finish: Finish<'_>,
) {
    let (level, how, columns) = (Level::best(), Into::Replace, panels.columns);
    let product = Product { row_stride: columns, how, scale, left, columns, level, threads };
    product.with_panels(target, panels, Some(finish));
}

/// Whether so many rows are worth that each thread takes blocks of them.
pub fn are_blocks(rows: usize) -> bool {
    rows >= ROWS_TO_SHARE
}

/// The most rows of a block of so many, and the rows of a tile.
pub fn block_sizes(rows: usize) -> (usize, usize) {
    (rows.div_ceil(threads()).min(ROWS_AT_ONCE), Level::best().rows())
}

/// Whether so many multiplications are worth a second thread.
pub fn is_worth_a_thread(multiplications: usize) -> bool {
    multiplications >= WORTH_A_THREAD
}

/// Whether dot products beat panels that are there already, for so many rows and a weight `[columns, depth]`.
pub fn does_without_panels(rows: usize, depth: usize) -> bool {
    Level::best().are_few_for_panels(rows, depth)
}

/// [`multiply`] by a right side that [`pack`] has packed, on this thread.
pub fn multiply_packed(
    target: &mut [f32],
    row_stride: usize,
    how: Into,
    scale: f32,
    left: Matrix<'_>,
    panels: PanelView<'_>,
) {
    let (level, threads, columns) = (Level::best(), Threads::One, panels.columns);
    let product = Product { row_stride, how, scale, left, columns, level, threads };
    product.with_panels(Rows::of(target), panels, None);
}

/// `sums[row][query] = queries[query] · rows[row]`, on this thread: each row is read once, as it lies. For few queries.
pub fn dots(sums: &mut [f32], queries: Matrix<'_>, rows: Matrix<'_>) {
    assert!(queries.columns == rows.columns && queries.rows > 0, "queries and rows are equally wide");
    assert!(queries.column_stride == 1 && rows.column_stride == 1, "their numbers lie side by side");
    assert_eq!(sums.len(), rows.rows * queries.rows, "a sum for each pair");
    Level::best().dot(sums, queries, rows.transposed(), 0);
}

/// All of a product but its right side.
#[derive(Clone, Copy)]
struct Product<'p> {
    row_stride: usize,
    how: Into,
    scale: f32,
    left: Matrix<'p>,
    columns: usize,
    level: Level,
    threads: Threads,
}

impl Product<'_> {
    fn with(self, target: Rows<'_>, right: Matrix<'_>, finish: Option<Finish<'_>>) {
        let Product { level, left, columns, .. } = self;
        assert_eq!(left.columns, right.rows, "the inner sizes agree");
        if self.suits_dots(right) {
            return self.few(target, right, finish);
        }
        let length = level.packed_len(right.rows, columns);
        with_scratch(length, |panels| {
            let panel = level.panel() * right.rows;
            if self.alone() || panel == 0 {
                level.pack(panels, right, 0);
            } else {
                let each = (length / panel).div_ceil(2 * threads()).max(1);
                in_parts(Threads::All, [(&mut *panels, each * panel)], &|part, [panels]| {
                    level.pack(panels, right, part * each * level.panel());
                });
            }
            self.with_panels(target, PanelView::of(level, panels, right.rows, columns), finish);
        });
    }

    /// Whether few rows meet columns that lie as they are needed.
    fn suits_dots(&self, right: Matrix<'_>) -> bool {
        let few = right.columns > 0 && self.level.are_few(self.left.rows, right.rows);
        few && right.row_stride == 1 && self.left.column_stride == 1
    }

    fn alone(&self) -> bool {
        let work = self.left.rows.saturating_mul(self.columns).saturating_mul(self.left.columns);
        self.threads == Threads::One || !is_worth_a_thread(work)
    }

    /// Blocks of rows side by side.
    fn with_panels(self, target: Rows<'_>, panels: PanelView<'_>, finish: Option<Finish<'_>>) {
        let Product { row_stride, left, columns, level, .. } = self;
        let whole = Matrix { values: &[], rows: left.rows, columns, row_stride, column_stride: 1 };
        assert!(whole.fits(target.product.len()) && row_stride >= columns, "the product fits its slice");
        assert_eq!(left.columns, panels.rows, "the inner sizes agree");
        if left.rows == 0 || columns == 0 {
            return;
        }
        let block = |first: usize, count: usize, rows: Rows<'_>| {
            let target = Columns::new(rows.product, count, columns, row_stride);
            self.with_columns(target, left.rows_from(first, count), panels);
            if let Some(finish) = finish {
                finish(first, Rows { product: &mut rows.product[..count * columns], ..rows });
            }
        };
        if self.alone() {
            let each = ROWS_AT_ONCE.next_multiple_of(level.rows());
            return one_by_one(each, left.rows, target, row_stride, &block);
        }
        if !are_blocks(left.rows) && columns > level.panel() {
            return self.share_panels(target, panels, finish);
        }
        let (sizes, all) = (block_sizes(left.rows), (0, left.rows));
        in_blocks(sizes, all, target, &|rows, count| rows.split_at(count, row_stride), &block);
    }

    /// Ranges of panels side by side.
    fn share_panels(self, target: Rows<'_>, panels: PanelView<'_>, finish: Option<Finish<'_>>) {
        let Product { row_stride, left, columns, level, .. } = self;
        let (here, panel) = (columns.div_ceil(level.panel()), level.panel());
        let all = Columns::new(target.product, left.rows, columns, row_stride);
        in_blocks(
            (here.div_ceil(threads()), 1),
            (0, here),
            all,
            &|columns, count| columns.split_at(count * panel),
            &|first, _, columns| {
                let count = columns.size().1;
                self.with_columns(columns, left, panels.columns_from(first * panel, count));
            },
        );
        let Some(finish) = finish else { return };
        let block = |first: usize, count: usize, rows: Rows<'_>| {
            finish(first, Rows { product: &mut rows.product[..count * columns], ..rows });
        };
        if left.rows * columns < ALONE {
            return block(0, left.rows, target);
        }
        let each = left.rows.div_ceil(threads());
        in_blocks((each, 1), (0, left.rows), target, &|rows, count| rows.split_at(count, row_stride), &block);
    }

    /// Some rows and columns, on this thread.
    fn with_columns(&self, target: Columns<'_>, left: Matrix<'_>, panels: PanelView<'_>) {
        let Product { how, scale, level, .. } = *self;
        match level.room(left, target.size().1) {
            0 => level.multiply(target, (how, scale), left, panels, &mut []),
            room => with_scratch(room, |room| level.multiply(target, (how, scale), left, panels, room)),
        }
    }

    /// Few rows: ranges of columns side by side.
    fn few(self, target: Rows<'_>, right: Matrix<'_>, finish: Option<Finish<'_>>) {
        let Product { row_stride, how, scale, left, columns, level, .. } = self;
        let whole = Matrix { values: &[], rows: left.rows, columns, row_stride, column_stride: 1 };
        assert!(whole.fits(target.product.len()) && row_stride >= columns, "the product fits its slice");
        let worth = self.threads == Threads::All && right.rows * columns >= WORTH_A_THREAD_FOR_FEW;
        let (sharing, rows) = (Threads::all_if(worth), left.rows);
        let each = if worth { columns.div_ceil(threads()) } else { columns };
        with_scratch(columns * rows, |sums| {
            in_parts(sharing, [(&mut *sums, each * rows)], &|part, [sums]| {
                level.dot(sums, left, right, part * each);
            });
            for (row, target) in target.product.chunks_mut(row_stride).take(rows).enumerate() {
                for (y, sums) in target.iter_mut().zip(sums.chunks_exact(rows)) {
                    *y = if how == Into::Add { *y + scale * sums[row] } else { scale * sums[row] };
                }
            }
        });
        if let Some(finish) = finish {
            finish(0, Rows { product: &mut target.product[..left.rows * columns], ..target });
        }
    }
}

#[cfg(test)]
mod tests;
