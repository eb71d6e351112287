//! Columns of mean 0 and deviation 1.

use super::Table;

/// Mean and deviation of each of `F` columns, learnt from some rows and applied to any: `(x − mean) / deviation`.
///
/// The deviation is the population's, `√(Σ(x − mean)² / n)`, as scikit-learn's `StandardScaler` takes it. A constant
/// column has deviation 1, so that it becomes 0 and not NaN. Sums are taken in double precision.
///
/// Learn it from the training part only, or the test part is no longer unseen.
///
/// ```
/// use tensor_core::data::Standardiser;
///
/// let standardiser = Standardiser::fit(&[[1.0, 5.0], [3.0, 5.0]])?;
/// let mut rows = [[5.0, 5.0]];
/// standardiser.apply(&mut rows);
/// assert_eq!(rows, [[3.0, 0.0]]);
/// standardiser.undo(&mut rows);
/// assert_eq!(rows, [[5.0, 5.0]]);
/// # Ok::<(), tensor_core::data::NoRows>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Standardiser<const F: usize> {
    mean: [f32; F],
    deviation: [f32; F],
}

/// There is no mean of no rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are no rows to take mean and deviation from")]
pub struct NoRows;

impl<const F: usize> Standardiser<F> {
    /// Takes mean and deviation of `rows`. NaN or infinity in a column makes its mean and deviation NaN.
    ///
    /// # Errors
    /// [`NoRows`] if there are none.
    pub fn fit(rows: &[[f32; F]]) -> Result<Self, NoRows> {
        if rows.is_empty() {
            return Err(NoRows);
        }
        let count = rows.len() as f64;
        let average = |column: usize, value: &dyn Fn(f64) -> f64| {
            rows.iter().map(|row| value(f64::from(row[column]))).sum::<f64>() / count
        };
        let mean: [f64; F] = std::array::from_fn(|column| average(column, &|x| x));
        let deviation = std::array::from_fn(|column| {
            let variance = average(column, &|x| (x - mean[column]).powi(2));
            // What rounding alone leaves of a constant column; the bound is scikit-learn's.
            let rounding = count * f64::EPSILON * variance + (count * f64::EPSILON * mean[column]).powi(2);
            if variance <= rounding { 1.0 } else { variance.sqrt() as f32 }
        });
        Ok(Self { mean: mean.map(|x| x as f32), deviation })
    }

    /// The means.
    pub fn mean(&self) -> &[f32; F] {
        &self.mean
    }

    /// The deviations; 1 for a constant column.
    pub fn deviation(&self) -> &[f32; F] {
        &self.deviation
    }

    /// Standardises `rows` in place.
    pub fn apply(&self, rows: &mut [[f32; F]]) {
        for row in rows {
            for (x, (mean, deviation)) in row.iter_mut().zip(self.mean.iter().zip(&self.deviation)) {
                *x = (*x - mean) / deviation;
            }
        }
    }

    /// A copy of `table` with its rows standardised.
    pub fn standardised<const C: usize>(&self, table: &Table<F, C>) -> Table<F, C> {
        let mut table = table.clone();
        self.apply(table.rows_mut());
        table
    }

    /// Brings standardised `rows` back to their units, in place.
    pub fn undo(&self, rows: &mut [[f32; F]]) {
        for row in rows {
            for (x, (mean, deviation)) in row.iter_mut().zip(self.mean.iter().zip(&self.deviation)) {
                *x = *x * deviation + mean;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_population_deviation() {
        // Expected: statistics.fmean and statistics.pstdev of the columns, in Python.
        let standardiser = Standardiser::fit(&[[1.0, 10.0], [2.0, 20.0], [3.0, 60.0], [6.0, 0.0]]).unwrap();
        assert_eq!(standardiser.mean(), &[3.0, 22.5]);
        assert_eq!(standardiser.deviation(), &[1.870_828_7, 22.776_084]);
    }

    #[test]
    fn standardised_columns_have_mean_0_and_deviation_1() {
        let mut rows: Vec<[f32; 1]> = (0..1000).map(|i| [5000.0 + (i * 37 % 101) as f32]).collect();
        Standardiser::fit(&rows).unwrap().apply(&mut rows);
        let again = Standardiser::fit(&rows).unwrap();
        assert!(again.mean()[0].abs() < 1e-5, "{again:?}");
        assert!((again.deviation()[0] - 1.0).abs() < 1e-5, "{again:?}");
    }

    #[test]
    fn a_constant_column_becomes_0() {
        let mut rows = [[0.1, 1e30]; 77];
        let standardiser = Standardiser::fit(&rows).unwrap();
        assert_eq!(standardiser.deviation(), &[1.0, 1.0]);
        standardiser.apply(&mut rows);
        assert_eq!(rows[0], [0.0, 0.0]);
    }

    #[test]
    fn nan_propagates_and_no_rows_are_refused() {
        let standardiser = Standardiser::fit(&[[1.0], [f32::NAN]]).unwrap();
        assert!(standardiser.mean()[0].is_nan() && standardiser.deviation()[0].is_nan());
        assert_eq!(Standardiser::<3>::fit(&[]), Err(NoRows));
    }
}
