//! The few eigenvalues of the largest magnitude, by multiplying again and again.

use super::{check_symmetric, symmetric::make_largest_positive};
use crate::linalg::{ANY, LinalgError, Matrix, at_most, bridge, matrix::Square, random};

/// How power iteration is done.
///
/// ```
/// use tensor_core::linalg::{Dominant, Matrix, PowerIteration};
///
/// let matrix = Matrix::from([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]]);
/// let plain = PowerIteration { extra: 0, ..PowerIteration::default() };
/// let found = Dominant::<3, 1>::by(&matrix, &plain)?;
/// assert!(found.residuals()[0] <= 1e-12 * found.values()[0]);
/// // The eigenvalues are 3 ± √3 and 3, and (3 / 4.73)ᵏ is 10⁻¹² at k = 61.
/// assert!(found.iterations() < 70, "{}", found.iterations());
/// # Ok::<(), tensor_core::linalg::LinalgError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerIteration {
    /// Ends when each residual ‖A·v − λ·v‖ is at most this share of the largest |λ|; 10⁻¹² by default.
    pub tolerance: f64,
    /// The most iterations; 10,000 by default.
    pub limit: usize,
    /// How many vectors more than wanted are carried along, which speeds up what converges by the ratio of neighbouring
    /// eigenvalues; 4 by default. With one wanted and none extra it is the plain power iteration.
    pub extra: usize,
    /// The seed of the vectors to begin with; 0 by default.
    pub seed: u64,
}

impl Default for PowerIteration {
    fn default() -> Self {
        PowerIteration { tolerance: 1e-12, limit: 10_000, extra: 4, seed: 0 }
    }
}

/// The `K` eigenvalues of a symmetric matrix that are largest by magnitude, and orthonormal eigenvectors, found by
/// power iteration: a block of vectors is multiplied by the matrix and made orthonormal, again and again, and within
/// the block the eigenvectors are told apart exactly.
///
/// [`Dominant!`](macro@super::super::Dominant) compares `K` with `N` in `cargo check`. With `K` = [`ANY`] see
/// [`by_number`](Self::by_number).
///
/// Gradients don't flow through it, as they don't through [`SymmetricEigen`](super::SymmetricEigen): it is not on dfdx's
/// tape, and gives plain numbers.
///
/// # Source
/// Rutishauser, "Simultaneous iteration method for symmetric matrices", Numerische Mathematik 16 (1970).
///
/// ```
/// use tensor_core::linalg::{Dominant, Matrix};
///
/// let matrix = Matrix::from([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, -6.0]]);
/// let found = <Dominant![3, 2]>::of(&matrix)?;
/// assert!(found.values()[0] < -6.0 && found.values()[1] > 4.0);
/// assert!(found.residuals().iter().all(|&residual| residual < 1e-11));
/// # Ok::<(), tensor_core::linalg::LinalgError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dominant<const N: usize, const K: usize = ANY> {
    values: Vec<f64>,
    vectors: Matrix<K, N>,
    residuals: Vec<f64>,
    history: Vec<f64>,
}

impl<const N: usize, const K: usize> Dominant<N, K> {
    /// By [`PowerIteration::default`].
    ///
    /// # Errors
    /// See [`by`](Self::by).
    pub fn of(matrix: &impl Square<N>) -> Result<Self, LinalgError> {
        Self::by(matrix, &PowerIteration::default())
    }

    /// As `how` says.
    ///
    /// # Errors
    /// [`LinalgError::NotConverged`], [`LinalgError::Overflow`]; [`LinalgError::NotFinite`], [`LinalgError::NotSymmetric`],
    /// [`LinalgError::Tolerance`], and for sizes known only at run time [`LinalgError::Sizes`], [`LinalgError::Number`];
    /// [`LinalgError::Failed`] if the decomposition within a block of vectors does not converge.
    pub fn by(matrix: &impl Square<N>, how: &PowerIteration) -> Result<Self, LinalgError> {
        const {
            assert!(K != ANY, "say how many: Dominant<N, K>, or by_number");
            at_most(K, N, "eigenvectors", "a matrix of that size has");
        }
        iterate(matrix.matrix(), K, how)
    }

    /// The eigenvalues, from the largest magnitude to the smallest.
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

    /// The eigenvectors as rows, in the order of the values.
    pub fn vectors(&self) -> &Matrix<K, N> {
        &self.vectors
    }

    /// ‖A·v − λ·v‖ of each.
    pub fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    /// How many multiplications by the matrix it took.
    pub fn iterations(&self) -> usize {
        self.history.len()
    }

    /// The largest residual of each iteration.
    pub fn history(&self) -> &[f64] {
        &self.history
    }
}

impl<const N: usize> Dominant<N, ANY> {
    /// So many, a number known only at run time.
    ///
    /// # Errors
    /// Those of [`by`](Self::by), and [`LinalgError::Number`].
    pub fn by_number(
        matrix: &impl Square<N>,
        number: usize,
        how: &PowerIteration,
    ) -> Result<Self, LinalgError> {
        iterate(matrix.matrix(), number, how)
    }
}

fn iterate<const N: usize, const K: usize>(
    matrix: &Matrix<N, N>,
    wanted: usize,
    how: &PowerIteration,
) -> Result<Dominant<N, K>, LinalgError> {
    check_symmetric(matrix)?;
    let n = matrix.rows();
    if wanted == 0 || wanted > n {
        return Err(LinalgError::Number { asked: wanted, most: n });
    }
    let PowerIteration { tolerance, limit, .. } = *how;
    if tolerance.is_nan() || tolerance < 0.0 {
        return Err(LinalgError::Tolerance { tolerance });
    }
    let block = wanted.saturating_add(how.extra).min(n);
    let mut vectors = random::normal(block * n, how.seed);
    let mut history = Vec::new();
    loop {
        bridge::orthonormalise(&mut vectors, n);
        let basis: Matrix<ANY, N> = Matrix::trusted(block, n, vectors);
        let (ritz, image) = rotated(matrix, &basis)?;
        let values: Vec<f64> = rows_of(&ritz).zip(rows_of(&image)).map(|(v, image)| dot(v, image)).collect();
        check_finite(&values)?;
        let order = by_magnitude(&values);
        let residuals: Vec<f64> =
            order[..wanted].iter().map(|&at| residual(values[at], ritz.row(at), image.row(at))).collect();
        let residual = residuals.iter().copied().fold(0.0, larger);
        history.push(residual);
        let allowed = tolerance * values[order[0]].abs();
        if residual <= allowed {
            let mut chosen: Vec<f64> = order[..wanted].iter().flat_map(|&at| ritz.row(at)).copied().collect();
            chosen.chunks_exact_mut(n).for_each(|vector| _ = make_largest_positive(vector));
            let values = order[..wanted].iter().map(|&at| values[at]).collect();
            return Ok(Dominant { values, vectors: Matrix::trusted(wanted, n, chosen), residuals, history });
        }
        if history.len() >= limit {
            return Err(LinalgError::NotConverged { iterations: history.len(), residual, wanted: allowed });
        }
        vectors = image.into_numbers();
    }
}

/// The eigenvectors within the span of an orthonormal basis, and their images. One vector is its own.
fn rotated<const N: usize>(
    matrix: &Matrix<N, N>,
    basis: &Matrix<ANY, N>,
) -> Result<(Matrix<ANY, N>, Matrix<ANY, N>), LinalgError> {
    let image: Matrix<ANY, N> = bridge::product(basis, matrix);
    if basis.rows() == 1 {
        return Ok((basis.clone(), image));
    }
    let within: Matrix<ANY, ANY> = bridge::product_of_rows(basis, &image);
    check_finite(within.numbers())?;
    let (_, turn) = bridge::symmetric_eigen(within.numbers(), bridge::Triangle::Upper, within.rows())?;
    let turn: Matrix<ANY, ANY> = Matrix::trusted(within.rows(), within.rows(), turn);
    Ok((bridge::product(&turn, basis), bridge::product(&turn, &image)))
}

/// Finite numbers may have products that are none.
fn check_finite(products: &[f64]) -> Result<(), LinalgError> {
    if products.iter().all(|product| product.is_finite()) { Ok(()) } else { Err(LinalgError::Overflow) }
}

fn rows_of<const R: usize, const C: usize>(matrix: &Matrix<R, C>) -> std::slice::ChunksExact<'_, f64> {
    matrix.numbers().chunks_exact(matrix.columns())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The larger of two; NaN, which `f64::max` passes over, is larger than any.
pub(super) fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

fn by_magnitude(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].abs().total_cmp(&values[a].abs()));
    order
}

fn residual(value: f64, vector: &[f64], image: &[f64]) -> f64 {
    image.iter().zip(vector).map(|(image, v)| (image - value * v).powi(2)).sum::<f64>().sqrt()
}
