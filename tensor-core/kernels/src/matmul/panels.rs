//! Right sides of products, packed into panels.

use super::{LINE, Level, Matrix, first_of_a_line};

/// Columns of a panel.
pub fn panel_columns() -> usize {
    Level::best().panel()
}

/// Numbers that [`pack`] writes for a right side of so many rows and columns.
pub fn packed_len(rows: usize, columns: usize) -> usize {
    Level::best().packed_len(rows, columns)
}

/// Packs a right side, on this thread.
pub fn pack<'p>(panels: &'p mut [f32], right: Matrix<'_>) -> PanelView<'p> {
    let level = Level::best();
    level.pack(&mut panels[..level.packed_len(right.rows, right.columns)], right, 0);
    PanelView::of(level, panels, right.rows, right.columns)
}

/// A packed right side, or some of its rows and columns.
#[derive(Clone, Copy)]
pub struct PanelView<'p> {
    pub(super) numbers: &'p [f32],
    /// Columns of a panel.
    width: usize,
    /// Rows of a panel, of which some count.
    pub(super) depth: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl<'p> PanelView<'p> {
    /// What [`pack`] wrote for a right side of so many rows and columns.
    pub fn new(numbers: &'p [f32], rows: usize, columns: usize) -> Self {
        PanelView::of(Level::best(), numbers, rows, columns)
    }

    pub(super) fn of(level: Level, numbers: &'p [f32], rows: usize, columns: usize) -> Self {
        assert!(numbers.len() >= level.packed_len(rows, columns), "the panels hold the right side");
        PanelView { numbers, width: level.panel(), depth: rows, rows, columns }
    }

    /// So many rows from `first` on.
    pub fn rows_from(self, first: usize, rows: usize) -> Self {
        assert!(first + rows <= self.rows, "these rows are there");
        PanelView { numbers: &self.numbers[(first * self.width).min(self.numbers.len())..], rows, ..self }
    }

    /// So many columns from `first` on, where a panel begins.
    pub fn columns_from(self, first: usize, columns: usize) -> Self {
        assert!(
            first.is_multiple_of(self.width) && first + columns <= self.columns,
            "these columns are there"
        );
        PanelView { numbers: &self.numbers[(first * self.depth).min(self.numbers.len())..], columns, ..self }
    }
}

/// A packed right side, to be kept.
#[derive(Debug)]
pub struct Panels {
    numbers: Box<[f32]>,
    /// Where they begin, with a line of the caches.
    first: usize,
    rows: usize,
    columns: usize,
}

impl Panels {
    /// Packs a right side, on this thread.
    pub fn of(right: Matrix<'_>) -> Self {
        let Matrix { rows, columns, .. } = right;
        let mut numbers = vec![0.0; packed_len(rows, columns) + LINE].into_boxed_slice();
        let first = first_of_a_line(&numbers);
        pack(&mut numbers[first..], right);
        Panels { numbers, first, rows, columns }
    }

    /// The panels.
    pub fn view(&self) -> PanelView<'_> {
        PanelView::new(&self.numbers[self.first..], self.rows, self.columns)
    }
}
