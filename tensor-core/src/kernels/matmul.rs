//! Products of matrices in rows of any stride.

/// A matrix in a slice: `rows × columns`, neighbours in a column `row_stride` apart, in a row `column_stride`.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'s> {
    values: &'s [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'s> Matrix<'s> {
    /// Rows one after another.
    pub(crate) fn new(values: &'s [f32], rows: usize, columns: usize) -> Self {
        Matrix::strided(values, rows, columns, columns)
    }

    /// Rows of which only the first `columns` numbers count.
    pub(crate) fn strided(values: &'s [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        let matrix = Matrix { values, rows, columns, row_stride, column_stride: 1 };
        assert!(matrix.fits(values.len()), "a matrix lies in its slice");
        matrix
    }

    pub(crate) fn transposed(self) -> Self {
        let Matrix { values, rows, columns, row_stride, column_stride } = self;
        Matrix { values, rows: columns, columns: rows, row_stride: column_stride, column_stride: row_stride }
    }

    /// The rows of a matrix whose rows follow one another.
    pub(crate) fn rows(self) -> impl Iterator<Item = &'s [f32]> {
        self.values.chunks_exact(self.columns)
    }

    fn fits(&self, length: usize) -> bool {
        self.rows == 0
            || self.columns == 0
            || (self.rows - 1) * self.row_stride + (self.columns - 1) * self.column_stride < length
    }
}

/// Where a product goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Into {
    /// It replaces what is there.
    Replace,
    /// It is added to what is there.
    Add,
}

/// Whether a product may use several threads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    One,
    All,
}

/// `target = scale · left · right`, or `+=`; `target` is in rows of `row_stride`.
pub(crate) fn multiply(
    target: &mut [f32],
    row_stride: usize,
    how: Into,
    scale: f32,
    left: Matrix<'_>,
    right: Matrix<'_>,
    threads: Threads,
) {
    let (m, n, k) = (left.rows, right.columns, left.columns);
    assert_eq!(k, right.rows, "the inner sizes agree");
    let target_matrix = Matrix { values: &[], rows: m, columns: n, row_stride, column_stride: 1 };
    assert!(target_matrix.fits(target.len()) && row_stride >= n, "the product fits its slice");
    // Some 30 µs of one thread.
    let small = m * n * k < 1 << 20;
    let parallelism = match threads {
        Threads::All if !small => gemm::Parallelism::Rayon(0),
        _ => gemm::Parallelism::None,
    };
    // SAFETY: all three matrices lie in their slices, as was asserted; rows of the target don't overlap, and the borrow
    // checker keeps it apart from the factors.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            target.as_mut_ptr(),
            1,
            row_stride as isize,
            how == Into::Add,
            left.values.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.values.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            1.0,
            scale,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// `target = scale · left · right`, whose rows `finish` then gets in blocks, with the number of the first.
pub(crate) fn multiply_rows(
    target: &mut [f32],
    scale: f32,
    left: Matrix<'_>,
    right: Matrix<'_>,
    finish: &(dyn Fn(usize, &mut [f32]) + Sync),
) {
    let width = right.columns;
    multiply(target, width, Into::Replace, scale, left, right, Threads::All);
    super::by_rows(target, width, finish);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_all_strides_are_right() {
        let a: Vec<f32> = (0..12).map(|x| x as f32).collect(); // 3 × 4
        let b: Vec<f32> = (0..8).map(|x| (x * x) as f32).collect(); // 4 × 2
        let product = |left: &dyn Fn(usize, usize) -> f32, right: &dyn Fn(usize, usize) -> f32| -> Vec<f32> {
            (0..6).map(|place| (0..4).map(|i| left(place / 2, i) * right(i, place % 2)).sum()).collect()
        };
        let expected = product(&|r, c| a[r * 4 + c], &|r, c| b[r * 2 + c]);
        let mut y = vec![1.0; 6];
        multiply(&mut y, 2, Into::Replace, 1.0, Matrix::new(&a, 3, 4), Matrix::new(&b, 4, 2), Threads::One);
        assert_eq!(y, expected);
        multiply(&mut y, 2, Into::Add, 2.0, Matrix::new(&a, 3, 4), Matrix::new(&b, 4, 2), Threads::All);
        assert!(y.iter().zip(&expected).all(|(y, e)| *y == 3.0 * e));
        let turned: Vec<f32> = (0..8).map(|place| b[place % 4 * 2 + place / 4]).collect(); // 2 × 4
        let mut wide = vec![7.0; 15];
        let right = Matrix::new(&turned, 2, 4).transposed();
        multiply(&mut wide, 5, Into::Replace, 1.0, Matrix::new(&a, 3, 4), right, Threads::One);
        for (row, expected) in wide.chunks(5).zip(expected.chunks(2)) {
            assert_eq!((&row[..2], &row[2..]), (expected, &[7.0; 3][..]));
        }
    }
}
