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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_the_same_rows_are_written_by_several_threads() {
        let (rows, row_stride) = (3, 7);
        let mut slice = vec![0.0; rows * row_stride - 2]; // the last row ends with its columns
        let (left, others) = Columns::new(&mut slice, rows, 5, row_stride).split_at(2);
        let (middle, right) = others.split_at(2);
        let write = |mut part: Columns<'_>, number: f32| {
            let ((rows, columns), (first, row_stride)) = (part.size(), part.as_mut_ptr());
            for at in (0..rows).flat_map(|row| (0..columns).map(move |column| row * row_stride + column)) {
                // SAFETY: a place of the part.
                unsafe { *first.add(at) = number };
            }
        };
        std::thread::scope(|scope| {
            for (part, number) in [(left, 1.0), (middle, 2.0), (right, 3.0)] {
                scope.spawn(move || write(part, number));
            }
        });
        for row in slice.chunks(row_stride) {
            assert_eq!(row[..5], [1.0, 1.0, 2.0, 2.0, 3.0]);
            assert!(row[5..].iter().all(|&x| x == 0.0), "what is between rows stays");
        }
    }

    #[test]
    #[should_panic(expected = "the rows lie in their slice")]
    fn columns_must_lie_in_their_slice() {
        let _ = Columns::new(&mut [0.0; 11], 2, 5, 7);
    }
}
