//! Matrices of low rank, in factors.

use super::super::{ANY, LinalgError, Matrix, at_most, bridge, least};
use super::{Randomised, Svd};

/// The matrix of rank `K` that is nearest to one of `M` rows and `N` columns, in factors: U·Σ·Vᵀ with `K` singular
/// values, K·(M + N + 1) numbers instead of M·N.
///
/// [`LowRank!`](macro@super::super::LowRank) compares `K` with `M` and `N` in `cargo check`; a plain `LowRank<2, 3, 3>` is
/// refused by `cargo build`. With `K` = [`ANY`] see [`of_rank`](Self::of_rank).
///
/// # Source
/// Eckart and Young, "The approximation of one matrix by another of lower rank", Psychometrika 1 (1936).
///
/// ```
/// use tensor_core::linalg::{LowRank, Matrix};
/// use tensor_core::prelude::*;
///
/// let device = Cpu::seed_from_u64(0);
/// let before: Tensor<Rank2<10, 20>, f32, _> = device.sample_normal();     // [out, in]
/// let after = before.clone() + device.sample_normal();
///
/// let difference = Matrix::from_tensor(&after)?.minus(&Matrix::from_tensor(&before)?)?;
/// let (b, a) = <LowRank![10, 20, 4]>::of(&difference)?.factors();         // [10, 4] and [4, 20]
/// let lora_a: Tensor<Rank2<4, 20>, f32, _> = a.to_tensor(&device);
/// # Ok::<(), tensor_core::linalg::LinalgError>(())
/// ```
#[derive(Clone, Debug)]
pub struct LowRank<const M: usize, const N: usize, const K: usize = ANY> {
    values: Vec<f64>,
    left: Matrix<K, M>,
    right: Matrix<K, N>,
}

/// At compile time.
#[track_caller]
pub(super) const fn check<const M: usize, const N: usize, const K: usize>() {
    assert!(K != ANY, "say the rank: LowRank<M, N, K>, or of_rank");
    at_most(K, least(M, N), "singular values", "a matrix of these sizes has");
}

/// The first `rank` singular values and vectors.
pub(super) fn cut<const M: usize, const N: usize, const L: usize, const K: usize>(
    rank: usize,
    values: &[f64],
    left: &Matrix<L, M>,
    right: &Matrix<L, N>,
) -> Result<LowRank<M, N, K>, LinalgError> {
    let most = values.len();
    if rank == 0 || rank > most {
        return Err(LinalgError::Number { asked: rank, most });
    }
    Ok(LowRank {
        values: values[..rank].to_vec(),
        left: left.first_rows(rank),
        right: right.first_rows(rank),
    })
}

impl<const M: usize, const N: usize, const K: usize> LowRank<M, N, K> {
    /// The nearest one, from the exact decomposition.
    ///
    /// # Errors
    /// [`LinalgError::NotFinite`]; [`LinalgError::Number`] if sizes known only at run time are below `K`;
    /// [`LinalgError::Failed`] if faer's iteration does not converge.
    pub fn of(matrix: &Matrix<M, N>) -> Result<Self, LinalgError> {
        const { check::<M, N, K>() };
        Svd::thin(matrix)?.low_rank()
    }

    /// Nearly the nearest one, in much less time if `K` is far below `M` and `N`: see [`Randomised`].
    ///
    /// # Errors
    /// Those of [`of`](Self::of).
    pub fn randomised(matrix: &Matrix<M, N>, how: &Randomised) -> Result<Self, LinalgError> {
        const { check::<M, N, K>() };
        how.decompose(matrix, K)
    }

    pub(super) fn trusted(values: Vec<f64>, left: Matrix<K, M>, right: Matrix<K, N>) -> Self {
        LowRank { values, left, right }
    }

    /// Of lower rank still, a number known only at run time.
    ///
    /// # Errors
    /// [`LinalgError::Number`].
    pub fn first(&self, rank: usize) -> Result<LowRank<M, N>, LinalgError> {
        cut(rank, &self.values, &self.left, &self.right)
    }

    /// Its rank: how many singular values it has.
    pub fn rank(&self) -> usize {
        self.values.len()
    }

    /// The singular values, from the largest to the smallest.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The left singular vectors as rows, Uᵀ.
    pub fn left(&self) -> &Matrix<K, M> {
        &self.left
    }

    /// The right singular vectors as rows, Vᵀ.
    pub fn right(&self) -> &Matrix<K, N> {
        &self.right
    }

    /// How many numbers it is made of: K·(M + N + 1).
    pub fn storage(&self) -> usize {
        self.rank() * (self.left.columns() + self.right.columns() + 1)
    }

    /// U·√Σ and √Σ·Vᵀ, whose product is this matrix: what low-rank adaptation calls B and A.
    pub fn factors(&self) -> (Matrix<M, K>, Matrix<K, N>) {
        let roots = |vectors: &[f64], length: usize| -> Vec<f64> {
            let rows = vectors.chunks_exact(length).zip(&self.values);
            rows.flat_map(|(vector, value)| vector.iter().map(move |number| number * value.sqrt())).collect()
        };
        let (k, m, n) = (self.rank(), self.left.columns(), self.right.columns());
        let left: Matrix<K, M> = Matrix::trusted(k, m, roots(self.left.numbers(), m));
        (left.transpose(), Matrix::trusted(k, n, roots(self.right.numbers(), n)))
    }

    /// The matrix itself.
    pub fn to_matrix(&self) -> Matrix<M, N> {
        let (left, right) = self.factors();
        bridge::product(&left, &right)
    }
}

impl<const M: usize, const N: usize> LowRank<M, N, ANY> {
    /// The nearest one of a rank known only at run time.
    ///
    /// # Errors
    /// [`LinalgError::NotFinite`], [`LinalgError::Number`], [`LinalgError::Failed`].
    pub fn of_rank(matrix: &Matrix<M, N>, rank: usize) -> Result<Self, LinalgError> {
        Svd::thin(matrix)?.low_rank_of(rank)
    }

    /// Nearly the nearest one of a rank known only at run time.
    ///
    /// # Errors
    /// [`LinalgError::NotFinite`], [`LinalgError::Number`], [`LinalgError::Failed`].
    pub fn randomised_of(matrix: &Matrix<M, N>, rank: usize, how: &Randomised) -> Result<Self, LinalgError> {
        how.decompose(matrix, rank)
    }
}
