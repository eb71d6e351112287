//! Any square matrix: complex eigenvalues.

use super::{Complex64, symmetric::check_square};
use crate::linalg::{LinalgError, Matrix, bridge, matrix::Square};

/// All eigenvalues of a real square matrix, and an eigenvector of length 1 for each.
///
/// The order is that of the real parts, from the largest to the smallest, then that of the imaginary parts; two that are
/// conjugates stand side by side. The number of a vector that is largest by magnitude is real and positive. A matrix
/// may lack eigenvectors: then some of those given are the same but for rounding. For a symmetric matrix,
/// [`SymmetricEigen`](super::SymmetricEigen) is faster and more exact.
///
/// Gradients don't flow through it, as they don't through [`SymmetricEigen`](super::SymmetricEigen): it is not on dfdx's
/// tape, and gives plain numbers.
///
/// ```
/// use tensor_core::linalg::{Eigen, Matrix};
///
/// let quarter_turn = Matrix::from([[0.0, -1.0], [1.0, 0.0]]);
/// let eigen = Eigen::of(&quarter_turn)?;
/// assert_eq!((eigen.values()[0].re, eigen.values()[0].im), (0.0, 1.0));
/// assert_eq!(eigen.values()[1], eigen.values()[0].conj());
/// # Ok::<(), tensor_core::linalg::LinalgError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Eigen<const N: usize> {
    values: Vec<Complex64>,
    vectors: Vec<Vec<Complex64>>,
}

impl<const N: usize> Eigen<N> {
    /// Decomposes a square matrix.
    ///
    /// # Errors
    /// [`LinalgError::NotFinite`]; [`LinalgError::Sizes`] if sizes known only at run time aren't square;
    /// [`LinalgError::Failed`] if faer's iteration does not converge.
    pub fn of(matrix: &impl Square<N>) -> Result<Self, LinalgError> {
        let matrix: &Matrix<N, N> = matrix.matrix();
        check_square(matrix)?;
        matrix.check_finite()?;
        let (values, vectors) = bridge::general_eigen(matrix)?;
        let mut pairs: Vec<_> = values.into_iter().zip(vectors).collect();
        pairs.sort_by(|(a, _), (b, _)| b.re.total_cmp(&a.re).then(b.im.total_cmp(&a.im)));
        let (values, mut vectors): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        vectors.iter_mut().for_each(|vector| normalise(vector));
        Ok(Eigen { values, vectors })
    }

    /// The eigenvalues.
    pub fn values(&self) -> &[Complex64] {
        &self.values
    }

    /// The eigenvector of `values()[at]`, of length 1.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn vector(&self, at: usize) -> &[Complex64] {
        &self.vectors[at]
    }
}

/// Scales to length 1, the number of the largest magnitude being real and positive.
fn normalise(vector: &mut [Complex64]) {
    let larger = |most: Complex64, &number: &Complex64| {
        if number.norm_sqr() > most.norm_sqr() { number } else { most }
    };
    let most = vector.iter().fold(Complex64::new(0.0, 0.0), larger);
    if most.norm() == 0.0 {
        return;
    }
    // First to magnitudes up to 1, whose squares neither overflow nor vanish.
    vector.iter_mut().for_each(|number| *number /= most);
    let length = vector.iter().map(|number| number.norm_sqr()).sum::<f64>().sqrt();
    vector.iter_mut().for_each(|number| *number /= length);
}
