//! Some columns of rows in a slice: several threads write columns of the same rows.

use std::marker::PhantomData;

/// Columns of rows that begin `row_stride` apart.
pub(super) struct Columns<'t> {
    first: *mut f32,
    rows: usize,
    columns: usize,
    row_stride: usize,
    slice: PhantomData<&'t mut [f32]>,
}

// SAFETY: it is the only one that reaches its columns, as a `&mut` slice is.
unsafe impl Send for Columns<'_> {}

impl<'t> Columns<'t> {
    /// The first columns of the rows that begin in the slice.
    pub(super) fn new(slice: &'t mut [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        let last = rows.saturating_sub(1) * row_stride + columns;
        assert!(rows == 0 || columns <= row_stride && last <= slice.len(), "the rows lie in their slice");
        Columns { first: slice.as_mut_ptr(), rows, columns, row_stride, slice: PhantomData }
    }

    /// The first `count` columns, and the others.
    pub(super) fn split_at(self, count: usize) -> (Self, Self) {
        assert!(count <= self.columns, "as many columns are there");
        // SAFETY: within a row, or just after its last column.
        let first = unsafe { self.first.add(if self.rows == 0 { 0 } else { count }) };
        (Columns { columns: count, ..self }, Columns { first, columns: self.columns - count, ..self })
    }

    /// How many rows and columns there are.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    /// The first number, and how far apart rows are.
    pub(super) fn as_mut_ptr(&mut self) -> (*mut f32, usize) {
        (self.first, self.row_stride)
    }
}
