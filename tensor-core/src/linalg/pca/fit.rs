//! From rows to components.

use super::{Moments, Pca, RowsOf, moments::mean_of};
use crate::linalg::eigen::make_largest_positive;
use crate::linalg::matrix::check_finite;
use crate::linalg::{ANY, LinalgError, LowRank, Matrix, Randomised, Rows, Svd, at_most, bridge};

/// At compile time.
#[track_caller]
pub(super) const fn check<const D: usize, const K: usize>() {
    assert!(D != ANY, "say the width: Pca<64>");
    at_most(K, D, "components", "vectors of that width have");
}

impl<const D: usize, const K: usize> Pca<D, K> {
    /// The components of rows, exactly: by the eigenvectors of the covariance matrix, or where there are fewer rows than
    /// columns by the singular vectors of the rows.
    ///
    /// # Errors
    /// [`LinalgError::NotFinite`]; [`LinalgError::Constant`] if all rows are the same; [`LinalgError::TooFewRows`] for
    /// less than two, or than `K`, rows; [`LinalgError::Failed`] if faer's iteration does not converge.
    pub fn fit(rows: &impl RowsOf<D>) -> Result<Self, LinalgError> {
        const { check::<D, K>() };
        let count = rows.numbers().len() / D;
        enough_rows::<K>(count)?;
        if count < D {
            return Self::of_few(rows);
        }
        let mut moments = Moments::new();
        moments.add(rows)?;
        Self::of(&moments)
    }

    /// The components of rows that came in batches.
    ///
    /// # Errors
    /// [`LinalgError::TooFewRows`], [`LinalgError::Constant`], [`LinalgError::Failed`].
    pub fn of(moments: &Moments<D>) -> Result<Self, LinalgError> {
        const { check::<D, K>() };
        let rows = moments.rows();
        enough_rows::<K>(rows)?;
        let scatter = moments.scatter();
        let total = (0..D).map(|at| scatter[at * D + at]).sum::<f64>() / rows as f64;
        if total == 0.0 {
            return Err(LinalgError::Constant { rows });
        }
        let (values, mut vectors) = bridge::symmetric_eigen(scatter, bridge::Triangle::Lower, D)?;
        let number = number::<K>(rows.min(D));
        vectors.truncate(number * D);
        let variance = values[..number].iter().map(|value| value.max(0.0) / rows as f64).collect();
        Ok(Self::with(rows, moments.mean().to_vec(), vectors, variance, total))
    }

    /// Nearly the first `K` components, in less time than [`fit`](Self::fit) where both `D` and the number of rows are
    /// in the thousands and `K` is small; see [`Randomised`].
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit).
    pub fn randomised(rows: &impl RowsOf<D>, how: &Randomised) -> Result<Self, LinalgError> {
        const {
            assert!(K != ANY, "say how many: Pca<D, K>, or randomised_of");
            check::<D, K>();
        }
        Self::by_random(rows, K, how)
    }

    fn by_random(rows: &impl RowsOf<D>, number: usize, how: &Randomised) -> Result<Self, LinalgError> {
        let (centred, mean, total) = centred(rows)?;
        let found = LowRank::<ANY, D>::randomised_of(&centred, number, how)?;
        let vectors = found.right().numbers().to_vec();
        Ok(Self::of_singular(centred.rows(), mean, total, found.values(), vectors))
    }

    /// Of fewer rows than columns.
    fn of_few(rows: &impl RowsOf<D>) -> Result<Self, LinalgError> {
        let (centred, mean, total) = centred(rows)?;
        let svd = Svd::thin(&centred)?;
        let number = number::<K>(svd.values().len());
        let vectors = svd.right().numbers()[..number * D].to_vec();
        Ok(Self::of_singular(centred.rows(), mean, total, &svd.values()[..number], vectors))
    }

    /// The singular values of centred rows are the roots of the scatter.
    fn of_singular(rows: usize, mean: Vec<f64>, total: f64, values: &[f64], vectors: Vec<f64>) -> Self {
        let variance = values.iter().map(|value| value * value / rows as f64).collect();
        Self::with(rows, mean, vectors, variance, total)
    }

    fn with(rows: usize, mean: Vec<f64>, mut vectors: Vec<f64>, variance: Vec<f64>, total: f64) -> Self {
        vectors.chunks_exact_mut(D).for_each(|vector| _ = make_largest_positive(vector));
        let components = Matrix::trusted(variance.len(), D, vectors);
        Pca { rows, mean, components, variance, total_variance: total, is_unbiased: false }
    }
}

impl<const D: usize> Pca<D, ANY> {
    /// Nearly the first components, a number known only at run time; see [`randomised`](Self::randomised).
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit), and [`LinalgError::Number`].
    pub fn randomised_of(
        rows: &impl RowsOf<D>,
        number: usize,
        how: &Randomised,
    ) -> Result<Self, LinalgError> {
        const { check::<D, ANY>() };
        Self::by_random(rows, number, how)
    }
}

/// How many components there are, of so many at most.
fn number<const K: usize>(most: usize) -> usize {
    if K == ANY { most } else { K }
}

/// # Errors
/// [`LinalgError::TooFewRows`] for less than two rows, or less than there are to be components.
fn enough_rows<const K: usize>(rows: usize) -> Result<(), LinalgError> {
    let needed = if K == ANY { 2 } else { K.max(2) };
    if rows < needed { Err(LinalgError::TooFewRows { needed, rows }) } else { Ok(()) }
}

/// The rows less their mean, the mean, and the variance of all columns together.
///
/// # Errors
/// [`LinalgError::NotFinite`], [`LinalgError::TooFewRows`], [`LinalgError::Constant`].
fn centred<const D: usize>(rows: &impl RowsOf<D>) -> Result<(Rows<D>, Vec<f64>, f64), LinalgError> {
    let mut numbers = rows.numbers().to_vec();
    let count = numbers.len() / D;
    check_finite(&numbers, D, 0)?;
    enough_rows::<ANY>(count)?;
    let mean = mean_of(&numbers, D);
    for row in numbers.chunks_exact_mut(D) {
        row.iter_mut().zip(&mean).for_each(|(number, mean)| *number -= mean);
    }
    let squares = numbers.iter().map(|number| number * number).sum::<f64>();
    if squares == 0.0 {
        return Err(LinalgError::Constant { rows: count });
    }
    Ok((Matrix::trusted(count, D, numbers), mean, squares / count as f64))
}
