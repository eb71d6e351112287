//! Matrices of doubles with sizes in their type.

use std::ops::Index;

use dfdx::dtypes::Dtype;
use dfdx::shapes::{Const, Dim, Shape};
use dfdx::tensor::{Storage, Tensor, TensorFromVec};

use super::LinalgError;

/// In the place of a size: it is known only when the program runs.
pub const ANY: usize = usize::MAX;

/// A matrix of `R` rows and `C` columns of `f64`, row by row on the heap.
///
/// A size may be [`ANY`], known only at run time; every other size is known to the compiler, and what does not fit does
/// not compile.
///
/// ```
/// use tensor_core::linalg::{ANY, Matrix};
///
/// let a = Matrix::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);       // Matrix<2, 3>
/// let gram: Matrix<3, 3> = a.transpose().times(&a)?;
/// assert_eq!(gram.row(0), [17.0, 22.0, 27.0]);
///
/// let photograph: Matrix<ANY, ANY> = Matrix::from_vec(2, 2, vec![0.0, 0.5, 0.5, 1.0])?;
/// assert_eq!(photograph[(1, 1)], 1.0);
/// # Ok::<(), tensor_core::linalg::LinalgError>(())
/// ```
/// ```compile_fail
/// # use tensor_core::linalg::Matrix;
/// let a = Matrix::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
/// let square = a.times(&a); // 3 columns times 2 rows
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix<const R: usize, const C: usize> {
    rows: usize,
    columns: usize,
    numbers: Vec<f64>,
}

/// Any number of rows of `D` numbers each: data.
pub type Rows<const D: usize> = Matrix<ANY, D>;

impl<const R: usize, const C: usize> Matrix<R, C> {
    /// `rows × columns` numbers, row by row.
    ///
    /// # Errors
    /// [`LinalgError::Sizes`] if the type says other sizes, [`LinalgError::Empty`] for 0, [`LinalgError::Count`].
    pub fn from_vec(rows: usize, columns: usize, numbers: Vec<f64>) -> Result<Self, LinalgError> {
        let expected = (if R == ANY { rows } else { R }, if C == ANY { columns } else { C });
        if expected != (rows, columns) {
            return Err(LinalgError::Sizes { expected, found: (rows, columns) });
        }
        if rows == 0 || columns == 0 {
            return Err(LinalgError::Empty { rows, columns });
        }
        if rows.checked_mul(columns) != Some(numbers.len()) {
            return Err(LinalgError::Count { rows, columns, found: numbers.len() });
        }
        Ok(Matrix { rows, columns, numbers })
    }

    /// What `number` gives for each row and column.
    ///
    /// # Errors
    /// [`LinalgError::Sizes`], [`LinalgError::Empty`].
    pub fn from_fn(
        rows: usize,
        columns: usize,
        mut number: impl FnMut(usize, usize) -> f64,
    ) -> Result<Self, LinalgError> {
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        Self::from_vec(rows, columns, places.map(|(row, column)| number(row, column)).collect())
    }

    /// Rows of which each knows its length only at run time.
    ///
    /// ```
    /// use tensor_core::linalg::Rows;
    ///
    /// let error = Rows::<2>::from_lines(&[vec![1.0, 2.0], vec![3.0]]).unwrap_err();
    /// assert_eq!(error.to_string(), "row 1 has 1 numbers, but 2 are expected");
    /// ```
    ///
    /// # Errors
    /// [`LinalgError::Ragged`] for the first row with another length, [`LinalgError::Empty`] if there is none,
    /// [`LinalgError::Sizes`] if the type says another number of rows.
    pub fn from_lines<T: Copy + Into<f64>, L: AsRef<[T]>>(lines: &[L]) -> Result<Self, LinalgError> {
        let first = lines.first().map_or(0, |line| line.as_ref().len());
        let expected = if C == ANY { first } else { C };
        for (row, line) in lines.iter().enumerate() {
            let found = line.as_ref().len();
            if found != expected {
                return Err(LinalgError::Ragged { row, expected, found });
            }
        }
        let numbers = lines.iter().flat_map(|line| line.as_ref().iter().map(|&number| number.into()));
        Self::from_vec(lines.len(), expected, numbers.collect())
    }

    /// The numbers of a tensor of `f32` or `f64`, from any device.
    ///
    /// ```
    /// use tensor_core::linalg::Matrix;
    /// use tensor_core::prelude::*;
    ///
    /// let weight: Tensor<Rank2<3, 4>, f32, _> = Cpu::default().ones();
    /// let matrix: Matrix<3, 4> = Matrix::from_tensor(&weight)?;
    /// let back: Tensor<Rank2<3, 4>, f32, _> = matrix.to_tensor(&Cpu::default());
    /// assert_eq!(back.array(), weight.array());
    /// # Ok::<(), tensor_core::linalg::LinalgError>(())
    /// ```
    ///
    /// # Errors
    /// [`LinalgError::Empty`] if an axis has length 0.
    pub fn from_tensor<A, B, E, D>(tensor: &Tensor<(A, B), E, D>) -> Result<Self, LinalgError>
    where
        A: Dim + Axis<R>,
        B: Dim + Axis<C>,
        (A, B): Shape<Concrete = [usize; 2]>,
        E: Dtype + Into<f64>,
        D: Storage<E>,
    {
        let [rows, columns] = dfdx::shapes::HasShape::shape(tensor).concrete();
        Self::from_vec(rows, columns, tensor.as_vec().into_iter().map(Into::into).collect())
    }

    /// The numbers as a tensor on `device`, rounded to its type of numbers.
    ///
    /// # Panics
    /// If the device is out of memory.
    pub fn to_tensor<A, B, E, D>(&self, device: &D) -> Tensor<(A, B), E, D>
    where
        A: Dim + Axis<R>,
        B: Dim + Axis<C>,
        (A, B): Shape<Concrete = [usize; 2]>,
        E: Dtype,
        D: Storage<E> + TensorFromVec<E>,
    {
        let numbers =
            self.numbers.iter().map(|&number| E::from_f64(number).expect("a float takes any number"));
        device.tensor_from_vec(numbers.collect(), (A::of(self.rows), B::of(self.columns)))
    }

    /// The same numbers under a type that knows more of their sizes, or less.
    ///
    /// # Errors
    /// [`LinalgError::Sizes`].
    pub fn typed<const S: usize, const T: usize>(self) -> Result<Matrix<S, T>, LinalgError> {
        Matrix::from_vec(self.rows, self.columns, self.numbers)
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns there are.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All numbers, row by row.
    pub fn numbers(&self) -> &[f64] {
        &self.numbers
    }

    /// All numbers, to be changed in place.
    pub fn numbers_mut(&mut self) -> &mut [f64] {
        &mut self.numbers
    }

    /// All numbers, row by row.
    pub fn into_numbers(self) -> Vec<f64> {
        self.numbers
    }

    /// A row.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.numbers[row * self.columns..][..self.columns]
    }

    /// A column's numbers.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn column(&self, column: usize) -> Vec<f64> {
        assert!(column < self.columns, "column {column} of {}", self.columns);
        self.numbers[column..].iter().step_by(self.columns).copied().collect()
    }

    /// Rows become columns.
    pub fn transpose(&self) -> Matrix<C, R> {
        // In squares, so that both sides stay in the cache.
        const SIDE: usize = 32;
        let (rows, columns) = (self.rows, self.columns);
        let mut numbers = vec![0.0; self.numbers.len()];
        for top in (0..rows).step_by(SIDE) {
            for left in (0..columns).step_by(SIDE) {
                for row in top..rows.min(top + SIDE) {
                    for column in left..columns.min(left + SIDE) {
                        numbers[column * rows + row] = self.numbers[row * columns + column];
                    }
                }
            }
        }
        Matrix { rows: columns, columns: rows, numbers }
    }

    /// This matrix times another.
    ///
    /// # Errors
    /// [`LinalgError::Sizes`], where sizes known only at run time don't fit; those that the compiler knows fit.
    pub fn times<const K: usize>(&self, other: &Matrix<C, K>) -> Result<Matrix<R, K>, LinalgError> {
        if self.columns != other.rows {
            let expected = (self.columns, other.columns);
            return Err(LinalgError::Sizes { expected, found: (other.rows, other.columns) });
        }
        Ok(super::bridge::product(self, other))
    }

    /// The difference, number by number.
    ///
    /// # Errors
    /// [`LinalgError::Sizes`], where sizes known only at run time differ.
    pub fn minus(&self, other: &Matrix<R, C>) -> Result<Matrix<R, C>, LinalgError> {
        let (expected, found) = ((self.rows, self.columns), (other.rows, other.columns));
        if expected != found {
            return Err(LinalgError::Sizes { expected, found });
        }
        let numbers = self.numbers.iter().zip(&other.numbers).map(|(a, b)| a - b).collect();
        Ok(Matrix { numbers, ..*self })
    }

    /// The Frobenius norm: the root of the sum of squares.
    pub fn norm(&self) -> f64 {
        self.numbers.iter().map(|number| number * number).sum::<f64>().sqrt()
    }

    /// The first `count` rows, of which there are so many.
    pub(super) fn first_rows<const S: usize>(&self, count: usize) -> Matrix<S, C> {
        Matrix::trusted(count, self.columns, self.numbers[..count * self.columns].to_vec())
    }

    /// # Errors
    /// [`LinalgError::NotFinite`] with the first place.
    pub(super) fn check_finite(&self) -> Result<(), LinalgError> {
        check_finite(&self.numbers, self.columns, 0)
    }

    /// A matrix whose sizes are known to fit.
    pub(super) fn trusted(rows: usize, columns: usize, numbers: Vec<f64>) -> Self {
        debug_assert!((R == ANY || R == rows) && (C == ANY || C == columns), "{R} {C} {rows} {columns}");
        debug_assert_eq!(rows * columns, numbers.len());
        Matrix { rows, columns, numbers }
    }
}

impl<const C: usize> Matrix<ANY, C> {
    /// Rows of `f32` or `f64`, such as those of a [`Table`](crate::data::Table).
    ///
    /// ```
    /// use tensor_core::linalg::Rows;
    ///
    /// let rows: Rows<2> = Rows::from_rows(&[[1.0_f32, 2.0], [3.0, 4.0], [5.0, 6.0]])?;
    /// assert_eq!((rows.rows(), rows.columns()), (3, 2));
    /// # Ok::<(), tensor_core::linalg::LinalgError>(())
    /// ```
    ///
    /// # Errors
    /// [`LinalgError::Empty`] if there is none.
    pub fn from_rows<T: Copy + Into<f64>>(rows: &[[T; C]]) -> Result<Self, LinalgError> {
        Self::from_vec(rows.len(), C, rows.as_flattened().iter().map(|&number| number.into()).collect())
    }
}

impl<T: Copy + Into<f64>, const R: usize, const C: usize> From<[[T; C]; R]> for Matrix<R, C> {
    fn from(rows: [[T; C]; R]) -> Self {
        const { assert!(R > 0 && C > 0, "a matrix has at least one row and one column") };
        Matrix {
            rows: R,
            columns: C,
            numbers: rows.as_flattened().iter().map(|&number| number.into()).collect(),
        }
    }
}

impl<const R: usize, const C: usize> Index<(usize, usize)> for Matrix<R, C> {
    type Output = f64;

    fn index(&self, (row, column): (usize, usize)) -> &f64 {
        &self.row(row)[column]
    }
}

/// # Errors
/// [`LinalgError::NotFinite`] with the first place, the first row being number `first`.
pub(super) fn check_finite(numbers: &[f64], columns: usize, first: usize) -> Result<(), LinalgError> {
    // A finite number times 0 is 0, any other NaN: eight sums of that side by side, for vectors, without a branch for each.
    let is_odd = |row: &[f64]| {
        let (eights, rest) = row.as_chunks::<8>();
        let mut sums = [0.0; 8];
        eights.iter().for_each(|eight| sums.iter_mut().zip(eight).for_each(|(sum, x)| *sum += x * 0.0));
        sums.iter().any(|sum| sum.is_nan()) || rest.iter().any(|x| !x.is_finite())
    };
    let Some(row) = numbers.chunks(columns).position(is_odd) else { return Ok(()) };
    let numbers = &numbers[row * columns..];
    let column = numbers.iter().position(|number| !number.is_finite()).unwrap_or(0);
    Err(LinalgError::NotFinite { row: first + row, column, value: numbers[column] })
}

/// The axis of a tensor that is a matrix's size `N`: `Const<N>` for itself, and `usize` for [`ANY`].
pub trait Axis<const N: usize>: Dim {
    /// The axis of this length.
    fn of(length: usize) -> Self;
}

impl<const N: usize> Axis<N> for Const<N> {
    fn of(_: usize) -> Self {
        Const
    }
}

impl Axis<ANY> for usize {
    fn of(length: usize) -> Self {
        length
    }
}

/// A matrix with as many columns as rows.
#[diagnostic::on_unimplemented(
    message = "only a square matrix has eigenvalues, but this is a `{Self}`",
    label = "not square"
)]
pub trait Square<const N: usize> {
    /// The matrix.
    fn matrix(&self) -> &Matrix<N, N>;
}

impl<const N: usize> Square<N> for Matrix<N, N> {
    fn matrix(&self) -> &Matrix<N, N> {
        self
    }
}
