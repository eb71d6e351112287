//! Means and covariances of rows that come in batches.

use rayon::prelude::*;

use super::RowsOf;
use crate::linalg::matrix::check_finite;
use crate::linalg::{LinalgError, Matrix, squares::Squares};

/// Rows that are taken together: so many that the product pays, so few that they stay in a core's cache.
const BLOCK_BYTES: usize = 512 << 10;

/// Count, mean and scatter Σ(x − mean)·(x − mean)ᵀ of rows of `D` numbers, which need never be in memory at once.
///
/// Batches may have any size, and parts that were summed up apart may be [merged](Self::merge). Each block of rows is
/// taken about its own mean, so that nothing cancels however far the data lie from 0.
///
/// # Source
/// Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
///
/// ```
/// use tensor_core::linalg::{Moments, Pca, Rows};
///
/// let mut moments = Moments::<2>::new();
/// for batch in [&[[1.0, 2.0], [2.0, 4.1]][..], &[[3.0, 5.9], [4.0, 8.0], [5.0, 10.1]]] {
///     moments.add(&Rows::from_rows(batch)?)?;
/// }
/// assert_eq!((moments.rows(), moments.mean()[0]), (5, 3.0));
/// let pca = Pca::<2, 1>::of(&moments)?;
/// assert!(pca.explained() > 0.999);
/// # Ok::<(), tensor_core::linalg::LinalgError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Moments<const D: usize> {
    rows: usize,
    mean: Vec<f64>,
    /// `[D, D]`, only the lower triangle.
    scatter: Vec<f64>,
}

impl<const D: usize> Default for Moments<D> {
    fn default() -> Self {
        Moments { rows: 0, mean: vec![0.0; D], scatter: vec![0.0; D * D] }
    }
}

impl<const D: usize> Moments<D> {
    /// Those of no rows.
    pub fn new() -> Self {
        const { assert!(D > 0, "rows of no numbers have no moments") };
        Self::default()
    }

    /// Adds rows.
    ///
    /// # Errors
    /// [`LinalgError::NotFinite`] with the place in this batch; the moments are then what they were.
    pub fn add(&mut self, rows: &impl RowsOf<D>) -> Result<(), LinalgError> {
        let numbers = rows.numbers();
        let block = (BLOCK_BYTES / (8 * D)).max(D / 4).clamp(16, 1 << 14);
        let threads = rayon::current_num_threads();
        if numbers.len() * D < 1 << 18 || threads == 1 {
            let mut sum = self.clone();
            sum.add_blocks(numbers, block, 0)?;
            *self = sum;
            return Ok(());
        }
        let share = (numbers.len() / D).div_ceil(threads);
        let parts = numbers.par_chunks(share * D).enumerate().map(|(part, numbers)| {
            let mut sum = Self::default();
            sum.add_blocks(numbers, block, part * share).map(|()| sum)
        });
        let parts: Vec<Result<Self, LinalgError>> = parts.collect();
        // All of them end first, so that it is the first wrong place that is named.
        let parts = parts.into_iter().collect::<Result<Vec<_>, _>>()?;
        parts.iter().for_each(|part| self.merge(part));
        Ok(())
    }

    /// Adds blocks of so many rows, the first row being number `first`.
    fn add_blocks(&mut self, numbers: &[f64], block: usize, first: usize) -> Result<(), LinalgError> {
        let mut squares = Squares::default();
        for (index, numbers) in numbers.chunks(block * D).enumerate() {
            let mean = mean_of(numbers, D);
            // Numbers that are all finite hardly ever have sums that aren't.
            if !mean.iter().all(|mean| mean.is_finite()) {
                check_finite(numbers, D, first + index * block)?;
            }
            self.add_block(numbers, &mean, &mut squares);
        }
        Ok(())
    }

    /// Adds rows about their own mean.
    fn add_block(&mut self, numbers: &[f64], mean: &[f64], squares: &mut Squares) {
        // What the two means differ by counts as one more row.
        let difference = self.shift_by(numbers.len() / D, mean);
        squares.add(&mut self.scatter, numbers, mean, &difference);
    }

    /// Counts rows with another mean and moves the mean; gives the difference of the two, by the root of its weight.
    fn shift_by(&mut self, count: usize, mean: &[f64]) -> Vec<f64> {
        let (before, new) = (self.rows as f64, count as f64);
        let weight = before * new / (before + new);
        self.rows += count;
        let shift = |(own, mean): (&mut f64, &f64)| {
            let difference = mean - *own;
            *own += difference * (new / (before + new));
            difference * weight.sqrt()
        };
        self.mean.iter_mut().zip(mean).map(shift).collect()
    }

    /// Adds the rows of another sum.
    pub fn merge(&mut self, other: &Self) {
        if other.rows == 0 {
            return;
        }
        let difference = self.shift_by(other.rows, &other.mean);
        self.scatter.iter_mut().zip(&other.scatter).for_each(|(sum, number)| *sum += number);
        Squares::default().add(&mut self.scatter, &[], &other.mean, &difference);
    }

    /// How many rows were added.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The mean of each column; 0 before the first row.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The covariances, `scatter / rows`, as the essay has them. For an unbiased estimate multiply by n / (n − 1).
    ///
    /// # Errors
    /// [`LinalgError::TooFewRows`] if there is no row.
    pub fn covariance(&self) -> Result<Matrix<D, D>, LinalgError> {
        if self.rows == 0 {
            return Err(LinalgError::TooFewRows { needed: 1, rows: 0 });
        }
        let number = |row: usize, column: usize| self.scatter[row.max(column) * D + row.min(column)];
        Matrix::from_fn(D, D, |row, column| number(row, column) / self.rows as f64)
    }

    /// The lower triangle of the scatter.
    pub(super) fn scatter(&self) -> &[f64] {
        &self.scatter
    }
}

/// The mean of each column.
pub(super) fn mean_of(numbers: &[f64], columns: usize) -> Vec<f64> {
    let mut sum = vec![0.0; columns];
    for row in numbers.chunks_exact(columns) {
        sum.iter_mut().zip(row).for_each(|(sum, number)| *sum += number);
    }
    let count = (numbers.len() / columns) as f64;
    sum.iter_mut().for_each(|sum| *sum /= count);
    sum
}
