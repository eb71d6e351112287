//! Singular values: A = U·Σ·Vᵀ.

mod low_rank;
mod randomised;
#[cfg(test)]
mod tests;

pub use low_rank::LowRank;
pub use randomised::Randomised;

use super::bridge::{self, Triple, Vectors};
use super::eigen::make_largest_positive;
use super::{ANY, LinalgError, Matrix};

/// The singular value decomposition A = U·Σ·Vᵀ of any matrix of `M` rows and `N` columns.
///
/// The singular values go from the largest to the smallest, and there are min(M, N) of them. The singular vectors are
/// orthonormal, and kept as rows: `left` is Uᵀ, `right` is Vᵀ. A pair of them has no sign of its own; here the number of
/// the right one that is largest by magnitude is positive.
///
/// Gradients don't flow through it: the derivative of singular vectors has 1/(σᵢ² − σⱼ²), which is infinite where two
/// values are the same, and the decomposition is not on dfdx's tape. What it gives are plain numbers, with which a
/// network can begin.
///
/// ```
/// use tensor_core::linalg::{Matrix, Svd};
///
/// let a = Matrix::from([[3.0, 0.0, 0.0], [0.0, 0.0, 4.0]]);
/// let svd = Svd::thin(&a)?;
/// assert_eq!(svd.values(), [4.0, 3.0]);
/// assert_eq!(svd.right().row(0), [0.0, 0.0, 1.0]);
/// assert_eq!((svd.rank(), svd.condition()), (2, 4.0 / 3.0));
///
/// let nearest = svd.low_rank::<1>()?.to_matrix();
/// assert_eq!(nearest, Matrix::from([[0.0, 0.0, 0.0], [0.0, 0.0, 4.0]]));
/// # Ok::<(), tensor_core::linalg::LinalgError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Svd<const M: usize, const N: usize> {
    values: Vec<f64>,
    left: Matrix<ANY, M>,
    right: Matrix<ANY, N>,
}

/// The singular values alone, from the largest to the smallest, in about half the time.
///
/// # Errors
/// [`LinalgError::NotFinite`]; [`LinalgError::Failed`] if faer's iteration does not converge.
pub fn singular_values<const M: usize, const N: usize>(
    matrix: &Matrix<M, N>,
) -> Result<Vec<f64>, LinalgError> {
    Ok(decomposed(matrix, Vectors::None)?.values)
}

impl<const M: usize, const N: usize> Svd<M, N> {
    /// With min(M, N) singular vectors on both sides, which suffice to give the matrix back.
    ///
    /// # Errors
    /// [`LinalgError::NotFinite`]; [`LinalgError::Failed`] if faer's iteration does not converge.
    pub fn thin(matrix: &Matrix<M, N>) -> Result<Self, LinalgError> {
        Self::with(matrix, Vectors::Thin)
    }

    /// With all M left and all N right singular vectors: those beyond min(M, N) complete a basis.
    ///
    /// # Errors
    /// [`LinalgError::NotFinite`]; [`LinalgError::Failed`] if faer's iteration does not converge.
    pub fn full(matrix: &Matrix<M, N>) -> Result<Self, LinalgError> {
        Self::with(matrix, Vectors::Full)
    }

    fn with(matrix: &Matrix<M, N>, wanted: Vectors) -> Result<Self, LinalgError> {
        let (m, n) = (matrix.rows(), matrix.columns());
        let Triple { values, left, right } = decomposed(matrix, wanted)?;
        let left = Matrix::trusted(left.len() / m, m, left);
        Ok(Svd { values, left, right: Matrix::trusted(right.len() / n, n, right) })
    }

    /// The singular values, from the largest to the smallest.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The left singular vectors as rows, Uᵀ.
    pub fn left(&self) -> &Matrix<ANY, M> {
        &self.left
    }

    /// The right singular vectors as rows, Vᵀ.
    pub fn right(&self) -> &Matrix<ANY, N> {
        &self.right
    }

    /// The largest singular value by the smallest: how much a relative error may grow. Infinite for a singular matrix.
    pub fn condition(&self) -> f64 {
        match self.values[self.values.len() - 1] {
            0.0 => f64::INFINITY,
            smallest => self.values[0] / smallest,
        }
    }

    /// How many singular values are more than rounding: above max(M, N) · 2⁻⁵² times the largest, as in NumPy.
    pub fn rank(&self) -> usize {
        self.rank_above(self.rounding())
    }

    /// How many singular values are above `least`.
    pub fn rank_above(&self, least: f64) -> usize {
        self.values.iter().take_while(|&&value| value > least).count()
    }

    fn rounding(&self) -> f64 {
        self.left.columns().max(self.right.columns()) as f64 * f64::EPSILON * self.values[0]
    }

    /// The Frobenius norm of what the nearest matrix of this rank lacks: the root of the sum of squares of the other
    /// singular values. Nothing of that rank is nearer (Eckart and Young).
    pub fn error(&self, rank: usize) -> f64 {
        // The smallest first, so that none is lost.
        self.values.iter().skip(rank).rev().map(|value| value * value).sum::<f64>().sqrt()
    }

    /// The Moore-Penrose inverse V·Σ⁻¹·Uᵀ, in which singular values within [`rank`](Self::rank)'s rounding count as 0.
    ///
    /// It solves least squares: of all x for which ‖A·x − b‖ is smallest, A⁺·b is the shortest.
    ///
    /// ```
    /// use tensor_core::linalg::{Matrix, Svd};
    ///
    /// let a = Matrix::from([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]]);         // a line through three points
    /// let heights = Matrix::from([[3.0], [5.0], [7.0]]);
    /// let line = Svd::thin(&a)?.pseudo_inverse().times(&heights)?;        // height = 1 + 2·place
    /// assert!((line[(0, 0)] - 1.0).abs() < 1e-12 && (line[(1, 0)] - 2.0).abs() < 1e-12);
    /// # Ok::<(), tensor_core::linalg::LinalgError>(())
    /// ```
    pub fn pseudo_inverse(&self) -> Matrix<N, M> {
        let rank = self.rank();
        let (m, n) = (self.left.columns(), self.right.columns());
        if rank == 0 {
            return Matrix::trusted(n, m, vec![0.0; n * m]);
        }
        let scaled = self.left.numbers().chunks_exact(m).zip(&self.values).take(rank);
        let scaled = scaled.flat_map(|(vector, value)| vector.iter().map(move |number| number / value));
        let left: Matrix<ANY, M> = Matrix::trusted(rank, m, scaled.collect());
        let right: Matrix<ANY, N> = self.right.first_rows(rank);
        bridge::product(&right.transpose(), &left)
    }

    /// The nearest matrix of rank `K`, in factors. `K` above M or N does not build; [`LowRank!`](macro@super::LowRank) has
    /// `cargo check` say so.
    ///
    /// # Errors
    /// [`LinalgError::Number`], if sizes known only at run time are too small.
    pub fn low_rank<const K: usize>(&self) -> Result<LowRank<M, N, K>, LinalgError> {
        const { low_rank::check::<M, N, K>() };
        self.cut(K)
    }

    /// The nearest matrix of rank `rank`, a number known only at run time.
    ///
    /// # Errors
    /// [`LinalgError::Number`], if there are not so many singular values, or none is asked for.
    pub fn low_rank_of(&self, rank: usize) -> Result<LowRank<M, N>, LinalgError> {
        self.cut(rank)
    }

    fn cut<const K: usize>(&self, rank: usize) -> Result<LowRank<M, N, K>, LinalgError> {
        low_rank::cut(rank, &self.values, &self.left, &self.right)
    }
}

/// The decomposition with the signs that are promised.
fn decomposed<const M: usize, const N: usize>(
    matrix: &Matrix<M, N>,
    wanted: Vectors,
) -> Result<Triple, LinalgError> {
    matrix.check_finite()?;
    let mut triple = bridge::singular(matrix.numbers(), (matrix.rows(), matrix.columns()), wanted)?;
    turn_signs(&mut triple, matrix.rows(), matrix.columns());
    Ok(triple)
}

/// Turns each pair of vectors so that the right one's number of the largest magnitude is positive.
fn turn_signs(triple: &mut Triple, m: usize, n: usize) {
    let mut left = triple.left.chunks_exact_mut(m);
    for right in triple.right.chunks_exact_mut(n).take(triple.values.len()) {
        let is_turned = make_largest_positive(right);
        if let (Some(left), true) = (left.next(), is_turned) {
            left.iter_mut().for_each(|number| *number = -*number);
        }
    }
}
