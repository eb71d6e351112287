//! Symmetric matrices: real eigenvalues, orthonormal eigenvectors.

use crate::linalg::bridge::{self, Triangle};
use crate::linalg::{LinalgError, Matrix, matrix::Square};

/// How far mirrored numbers may differ, as a share of the largest number: what rounding leaves.
const ASYMMETRY: f64 = 1e-10;

/// All eigenvalues of a symmetric matrix, from the largest to the smallest, and orthonormal eigenvectors.
///
/// Vectors have no sign of their own; here the number of a vector that is largest by magnitude is positive.
///
/// Gradients don't flow through it: the derivative of eigenvectors has 1/(λᵢ − λⱼ), which is infinite where two values are
/// the same, and the decomposition is not on dfdx's tape. What it gives are plain numbers.
///
/// ```
/// use tensor_core::linalg::{Matrix, SymmetricEigen};
///
/// let stretch = Matrix::from([[2.0, 1.0], [1.0, 2.0]]);
/// let eigen = SymmetricEigen::of(&stretch)?;
/// assert!((eigen.values()[0] - 3.0).abs() < 1e-14 && (eigen.values()[1] - 1.0).abs() < 1e-14);
/// assert!((eigen.vector(0)[0] - 0.5_f64.sqrt()).abs() < 1e-14);       // along the diagonal
/// # Ok::<(), tensor_core::linalg::LinalgError>(())
/// ```
/// ```compile_fail
/// # use tensor_core::linalg::{Matrix, SymmetricEigen};
/// SymmetricEigen::of(&Matrix::from([[2.0, 1.0, 0.0], [1.0, 2.0, 0.0]])); // only a square matrix has eigenvalues
/// ```
#[derive(Clone, Debug)]
pub struct SymmetricEigen<const N: usize> {
    values: Vec<f64>,
    vectors: Matrix<N, N>,
}

impl<const N: usize> SymmetricEigen<N> {
    /// Decomposes a symmetric matrix.
    ///
    /// # Errors
    /// [`LinalgError::NotFinite`]; [`LinalgError::NotSymmetric`] if two mirrored numbers differ by more than 10⁻¹⁰ of
    /// the largest number; [`LinalgError::Sizes`] if sizes known only at run time aren't square; [`LinalgError::Failed`]
    /// if faer's iteration does not converge.
    pub fn of(matrix: &impl Square<N>) -> Result<Self, LinalgError> {
        let matrix = matrix.matrix();
        check_symmetric(matrix)?;
        let n = matrix.rows();
        let (values, mut vectors) = bridge::symmetric_eigen(matrix.numbers(), Triangle::Upper, n)?;
        vectors.chunks_exact_mut(n).for_each(|vector| _ = make_largest_positive(vector));
        Ok(SymmetricEigen { values, vectors: Matrix::trusted(n, n, vectors) })
    }

    /// The eigenvalues, from the largest to the smallest.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The eigenvector of `values()[at]`, of length 1.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn vector(&self, at: usize) -> &[f64] {
        self.vectors.row(at)
    }

    /// The eigenvectors as rows, in the order of the values: Qᵀ in A = Q·Λ·Qᵀ.
    pub fn vectors(&self) -> &Matrix<N, N> {
        &self.vectors
    }
}

/// # Errors
/// [`LinalgError::Sizes`], [`LinalgError::NotFinite`], [`LinalgError::NotSymmetric`].
pub(in crate::linalg) fn check_symmetric<const N: usize>(matrix: &Matrix<N, N>) -> Result<(), LinalgError> {
    check_square(matrix)?;
    matrix.check_finite()?;
    let (least, most) = extremes(matrix.numbers());
    let most_apart = ASYMMETRY * most.max(-least);
    // In squares, so that what is mirrored stays in the cache: of rows a power of two apart it keeps eight.
    const SIDE: usize = 8;
    let n = matrix.rows();
    for (top, left) in
        (0..n).step_by(SIDE).flat_map(|top| (0..=top).step_by(SIDE).map(move |left| (top, left)))
    {
        for row in top..n.min(top + SIDE) {
            let columns = left..row.min(left + SIDE);
            let mirrored = matrix.numbers()[left * n + row..].iter().step_by(n);
            let pairs = matrix.row(row)[columns.clone()].iter().zip(mirrored);
            for (column, (&value, &mirrored)) in columns.zip(pairs) {
                if (value - mirrored).abs() > most_apart {
                    return Err(LinalgError::NotSymmetric { row, column, value, mirrored });
                }
            }
        }
    }
    Ok(())
}

/// # Errors
/// [`LinalgError::Sizes`].
pub(super) fn check_square<const N: usize>(matrix: &Matrix<N, N>) -> Result<(), LinalgError> {
    let found = (matrix.rows(), matrix.columns());
    let expected = (matrix.rows(), matrix.rows());
    if found == expected { Ok(()) } else { Err(LinalgError::Sizes { expected, found }) }
}

/// Turns a vector so that its number of the largest magnitude, the first such, is positive; says whether it did.
pub(in crate::linalg) fn make_largest_positive(vector: &mut [f64]) -> bool {
    let (least, most) = extremes(vector);
    let is_negative = if -least == most {
        vector.iter().find(|number| number.abs() == most).is_some_and(|first| *first < 0.0)
    } else {
        -least > most
    };
    if is_negative {
        vector.iter_mut().for_each(|number| *number = -*number);
    }
    is_negative
}

/// The least number, if it is negative, and the largest, if it is positive; else 0.
fn extremes(numbers: &[f64]) -> (f64, f64) {
    // Eight of each side by side, for vectors.
    let (eights, rest) = numbers.as_chunks::<8>();
    let (mut least, mut most) = ([0.0; 8], [0.0; 8]);
    let mut see = |numbers: &[f64]| {
        for ((least, most), &number) in least.iter_mut().zip(&mut most).zip(numbers) {
            *least = if number < *least { number } else { *least };
            *most = if number > *most { number } else { *most };
        }
    };
    eights.iter().for_each(|eight| see(eight));
    see(rest);
    (least.into_iter().fold(0.0, f64::min), most.into_iter().fold(0.0, f64::max))
}
