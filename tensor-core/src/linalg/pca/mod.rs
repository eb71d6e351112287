//! Principal components: the directions in which rows of numbers vary most.

mod file;
mod fit;
mod moments;
#[cfg(test)]
mod tests;

pub use moments::Moments;

use super::{ANY, LinalgError, Matrix, bridge};

/// Principal components of rows of `D` numbers: `K` orthonormal directions in which they vary most, one after another.
///
/// They are the eigenvectors of the covariance matrix Σ(x − mean)·(x − mean)ᵀ / n; [`unbiased`](Self::unbiased) divides
/// by n − 1 instead. A component has no sign of its own; here its number that is largest by magnitude is positive.
///
/// [`Pca!`](macro@super::Pca) compares `K` with `D` in `cargo check`; a plain `Pca<3, 4>` is refused by `cargo build`. With
/// `K` = [`ANY`], as in `Pca<64>`, all components are kept until [`number`](Self::number) or [`share`](Self::share) says
/// how many.
///
/// Gradients don't flow through it, neither through the fit nor through [`transform`](Self::transform) and its kin: it is
/// not on dfdx's tape, and gives plain numbers, with which a network can begin.
///
/// ```
/// use tensor_core::linalg::{Pca, Rows};
///
/// let rows: Rows<3> = Rows::from_rows(&[[1.0, 2.0, 0.1], [2.0, 4.0, -0.1], [3.0, 6.0, -0.1], [4.0, 8.0, 0.1]])?;
/// let pca = <Pca![3, 1]>::fit(&rows)?;                 // Pca<3, 1>
/// assert!((pca.variance()[0] - 6.25).abs() < 1e-12);   // along (1, 2, 0)
///
/// let reduced = pca.transform(&rows)?;                 // Matrix<ANY, 1>
/// let restored = pca.inverse(&reduced)?;
/// assert!(restored.minus(&rows)?.norm() < 0.21);
///
/// let most = Pca::<3>::fit(&rows)?.share(0.95)?;       // as many as explain 95 % of the variance
/// assert_eq!(most.components().rows(), 1);
/// # Ok::<(), tensor_core::linalg::LinalgError>(())
/// ```
/// ```compile_fail
/// # use tensor_core::linalg::{Pca, Rows};
/// # let rows: Rows<4> = Rows::from_rows(&[[1.0, 2.0, 0.1, 0.0]])?;
/// let pca = Pca::<3, 1>::fit(&rows)?; // rows of 3 numbers are wanted, but these are a `Matrix<_, 4>`
/// # Ok::<(), tensor_core::linalg::LinalgError>(())
/// ```
/// ```compile_fail
/// # use tensor_core::linalg::{Pca, Rows};
/// # let rows: Rows<3> = Rows::from_rows(&[[1.0, 2.0, 0.1], [2.0, 4.0, -0.1], [3.0, 6.0, -0.1], [4.0, 8.0, 0.1]])?;
/// let pca = Pca::<3, 4>::fit(&rows)?; // built: 4 components are asked for, but vectors of that width have from 1 to 3
/// # Ok::<(), tensor_core::linalg::LinalgError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Pca<const D: usize, const K: usize = ANY> {
    /// How many rows it was made of.
    rows: usize,
    mean: Vec<f64>,
    components: Matrix<K, D>,
    variance: Vec<f64>,
    /// Of all columns together.
    total_variance: f64,
    is_unbiased: bool,
}

/// Rows of `D` numbers: a [`Matrix`] of `D` columns.
#[diagnostic::on_unimplemented(
    message = "rows of {D} numbers are wanted, but these are a `{Self}`",
    label = "these rows don't have {D} numbers"
)]
pub trait RowsOf<const D: usize> {
    /// All numbers, row by row.
    fn numbers(&self) -> &[f64];
}

impl<const N: usize, const D: usize> RowsOf<D> for Matrix<N, D> {
    fn numbers(&self) -> &[f64] {
        self.numbers()
    }
}

impl<const D: usize, const K: usize> Pca<D, K> {
    /// The components as rows, orthonormal, the one of the largest variance first.
    pub fn components(&self) -> &Matrix<K, D> {
        &self.components
    }

    /// The mean of each column.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The variance along each component, from the largest to the smallest.
    pub fn variance(&self) -> &[f64] {
        &self.variance
    }

    /// The share of all variance that each component explains.
    pub fn ratio(&self) -> Vec<f64> {
        self.variance.iter().map(|variance| variance / self.total_variance).collect()
    }

    /// The share of all variance that the components explain together.
    pub fn explained(&self) -> f64 {
        self.variance.iter().sum::<f64>() / self.total_variance
    }

    /// The variance of all columns together.
    pub fn total_variance(&self) -> f64 {
        self.total_variance
    }

    /// How many components it takes to explain a share of the variance, of all that are kept if they don't suffice.
    ///
    /// # Errors
    /// [`LinalgError::Share`].
    pub fn number_for(&self, share: f64) -> Result<usize, LinalgError> {
        if !(share > 0.0 && share <= 1.0) {
            return Err(LinalgError::Share { share });
        }
        let mut sum = 0.0;
        let reaches = |variance: &f64| {
            sum += variance;
            sum >= share * self.total_variance
        };
        Ok(self.variance.iter().position(reaches).map_or(self.variance.len(), |last| last + 1))
    }

    /// The first components alone, as many as explain this share of the variance.
    ///
    /// # Errors
    /// [`LinalgError::Share`].
    pub fn share(&self, share: f64) -> Result<Pca<D>, LinalgError> {
        self.number(self.number_for(share)?)
    }

    /// The first components alone, a number known only at run time.
    ///
    /// # Errors
    /// [`LinalgError::Number`].
    pub fn number(&self, number: usize) -> Result<Pca<D>, LinalgError> {
        self.cut(number)
    }

    /// The first `L` components alone.
    ///
    /// # Errors
    /// [`LinalgError::Number`], if not so many are kept.
    pub fn first<const L: usize>(&self) -> Result<Pca<D, L>, LinalgError> {
        const { fit::check::<D, L>() };
        self.cut(L)
    }

    fn cut<const L: usize>(&self, number: usize) -> Result<Pca<D, L>, LinalgError> {
        let most = self.variance.len();
        if number == 0 || number > most {
            return Err(LinalgError::Number { asked: number, most });
        }
        Ok(Pca {
            rows: self.rows,
            mean: self.mean.clone(),
            components: self.components.first_rows(number),
            variance: self.variance[..number].to_vec(),
            total_variance: self.total_variance,
            is_unbiased: self.is_unbiased,
        })
    }

    /// With variances divided by n − 1 instead of n, as scikit-learn has them: the estimate for what the rows were drawn
    /// from. The components stay the same.
    #[must_use]
    pub fn unbiased(mut self) -> Self {
        if !self.is_unbiased {
            let factor = self.rows as f64 / (self.rows as f64 - 1.0);
            self.variance.iter_mut().for_each(|variance| *variance *= factor);
            self.total_variance *= factor;
            self.is_unbiased = true;
        }
        self
    }

    /// Each row's places along the components.
    ///
    /// # Shapes
    /// `[rows, D]` → `[rows, K]`
    ///
    /// # Errors
    /// [`LinalgError::NotFinite`].
    pub fn transform<const N: usize>(&self, rows: &Matrix<N, D>) -> Result<Matrix<N, K>, LinalgError> {
        rows.check_finite()?;
        let mut centred = rows.clone();
        for row in centred.numbers_mut().chunks_exact_mut(D) {
            row.iter_mut().zip(&self.mean).for_each(|(number, mean)| *number -= mean);
        }
        Ok(bridge::product_of_rows(&centred, &self.components))
    }

    /// The rows at these places: mean plus components. What the components left out stays lost.
    ///
    /// # Shapes
    /// `[rows, K]` → `[rows, D]`
    ///
    /// # Errors
    /// [`LinalgError::NotFinite`]; [`LinalgError::Sizes`], for a number of components known only at run time.
    pub fn inverse<const N: usize>(&self, places: &Matrix<N, K>) -> Result<Matrix<N, D>, LinalgError> {
        places.check_finite()?;
        let mut rows: Matrix<N, D> = places.times(&self.components)?;
        for row in rows.numbers_mut().chunks_exact_mut(D) {
            row.iter_mut().zip(&self.mean).for_each(|(number, mean)| *number += mean);
        }
        Ok(rows)
    }

    /// Each row's places along the components in units of their deviations: uncorrelated columns of variance 1.
    ///
    /// # Shapes
    /// `[rows, D]` → `[rows, K]`
    ///
    /// # Errors
    /// [`LinalgError::NoVariance`], if rounding alone makes a component vary; [`LinalgError::NotFinite`].
    pub fn whiten<const N: usize>(&self, rows: &Matrix<N, D>) -> Result<Matrix<N, K>, LinalgError> {
        let deviations = self.deviations()?;
        let mut places = self.transform(rows)?;
        for row in places.numbers_mut().chunks_exact_mut(deviations.len()) {
            row.iter_mut().zip(&deviations).for_each(|(number, deviation)| *number /= deviation);
        }
        Ok(places)
    }

    /// The rows at these places in units of deviations.
    ///
    /// # Shapes
    /// `[rows, K]` → `[rows, D]`
    ///
    /// # Errors
    /// Those of [`whiten`](Self::whiten) and [`inverse`](Self::inverse).
    pub fn unwhiten<const N: usize>(&self, places: &Matrix<N, K>) -> Result<Matrix<N, D>, LinalgError> {
        let deviations = self.deviations()?;
        let mut places = places.clone();
        let columns = places.columns();
        for row in places.numbers_mut().chunks_exact_mut(columns) {
            row.iter_mut().zip(&deviations).for_each(|(number, deviation)| *number *= deviation);
        }
        self.inverse(&places)
    }

    fn deviations(&self) -> Result<Vec<f64>, LinalgError> {
        let rounding = self.variance[0] * f64::EPSILON * D as f64;
        match self.variance.iter().position(|&variance| variance <= rounding) {
            Some(component) => Err(LinalgError::NoVariance { component }),
            None => Ok(self.variance.iter().map(|variance| variance.sqrt()).collect()),
        }
    }
}
