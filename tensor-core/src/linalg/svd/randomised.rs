//! The largest singular values from random combinations of the columns.

use super::super::{LinalgError, Matrix, bridge, random};
use super::{LowRank, turn_signs};

/// How a randomised decomposition is done: the matrix is multiplied by a few random vectors, whose images span nearly
/// the same space as its largest singular vectors, and is decomposed within that space.
///
/// Each iteration multiplies by A·Aᵀ once more, which brings out the largest singular values. The result is as exact as
/// what is left out is small: where the singular values hardly fall, take more iterations.
///
/// # Source
/// Halko, Martinsson and Tropp, "Finding structure with randomness", SIAM Review 53 (2011), arXiv:0909.4061, algorithms
/// 4.4 and 5.1.
///
/// ```
/// use tensor_core::linalg::{LowRank, Matrix, Randomised};
///
/// let a: Matrix<60, 40> = Matrix::from_fn(60, 40, |row, column| 1.0 / (1.0 + row as f64 + column as f64))?;
/// let exact = LowRank::<60, 40, 5>::of(&a)?;
/// let near = LowRank::<60, 40, 5>::randomised(&a, &Randomised::default())?;
/// assert!((exact.values()[4] - near.values()[4]).abs() < 1e-12);
/// # Ok::<(), tensor_core::linalg::LinalgError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Randomised {
    /// How many random vectors there are beyond the rank; 10 by default.
    pub extra: usize,
    /// How often A·Aᵀ is applied. By default, as in scikit-learn: 7 for a rank below a tenth of the smaller size, else 4.
    pub iterations: Option<usize>,
    /// The seed of the random vectors; 0 by default.
    pub seed: u64,
}

impl Default for Randomised {
    fn default() -> Self {
        Randomised { extra: 10, iterations: None, seed: 0 }
    }
}

impl Randomised {
    pub(super) fn decompose<const M: usize, const N: usize, const K: usize>(
        &self,
        matrix: &Matrix<M, N>,
        rank: usize,
    ) -> Result<LowRank<M, N, K>, LinalgError> {
        let (m, n) = (matrix.rows(), matrix.columns());
        let most = m.min(n);
        if rank == 0 || rank > most {
            return Err(LinalgError::Number { asked: rank, most });
        }
        matrix.check_finite()?;
        let block = rank.saturating_add(self.extra).min(most);
        let few = if 10 * rank < most { 7 } else { 4 };
        let iterations = self.iterations.unwrap_or(few);
        // All vectors are rows: `[block, n]` on the right side of the matrix, `[block, m]` on the left one.
        let mut right = random::normal(block * n, self.seed);
        let mut left = bridge::images(matrix, &right);
        for _ in 0..iterations {
            bridge::orthonormalise(&mut left, m);
            right = bridge::images_of_transpose(matrix, &left);
            bridge::orthonormalise(&mut right, n);
            left = bridge::images(matrix, &right);
        }
        bridge::orthonormalise(&mut left, m);
        right = bridge::images_of_transpose(matrix, &left);
        let mut within = bridge::singular(&right, (block, n), bridge::Vectors::Thin)?;
        within.left.truncate(rank * block);
        within.right.truncate(rank * n);
        within.values.truncate(rank);
        within.left = bridge::combined(&within.left, &left, block, m);
        turn_signs(&mut within, m, n);
        let left = Matrix::trusted(rank, m, within.left);
        Ok(LowRank::trusted(within.values, left, Matrix::trusted(rank, n, within.right)))
    }
}
