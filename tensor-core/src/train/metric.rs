//! How good a classifier's answers are.

use std::fmt;

/// The share of `predicted` classes that are the `actual` ones: 0 to 1, or NaN if there are none.
///
/// # Panics
/// If there aren't as many of one as of the other.
///
/// ```
/// use tensor_core::train::accuracy;
///
/// assert_eq!(accuracy(&[0, 1, 2, 2], &[0, 1, 2, 1]), 0.75);
/// ```
pub fn accuracy(predicted: &[usize], actual: &[usize]) -> f64 {
    assert_eq!(predicted.len(), actual.len(), "each prediction needs one actual class");
    let right = predicted.iter().zip(actual).filter(|(predicted, actual)| predicted == actual).count();
    right as f64 / actual.len() as f64
}

/// The index of the largest score, the first one of equals; `None` if there is no score or one is NaN.
///
/// ```
/// use tensor_core::train::argmax;
///
/// assert_eq!(argmax(&[0.1, 0.7, 0.2]), Some(1));
/// assert_eq!(argmax(&[0.1, f32::NAN, 0.2]), None);
/// ```
pub fn argmax(scores: &[f32]) -> Option<usize> {
    if scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    (0..scores.len()).reduce(|best, at| if scores[at] > scores[best] { at } else { best })
}

/// How often each actual class (row) was predicted to be each class (column).
///
/// ```
/// use tensor_core::train::ConfusionMatrix;
///
/// let matrix = ConfusionMatrix::new(["cat", "dog"], &[0, 0, 1, 1], &[0, 0, 0, 1]);
/// assert_eq!(matrix.count(0, 1), 1);
/// assert_eq!(matrix.accuracy(), 0.75);
/// assert_eq!(matrix.to_string(), "\
/// actual \\ predicted  cat  dog
/// cat                   2    1
/// dog                   0    1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfusionMatrix {
    classes: Vec<String>,
    /// Row-major, actual × predicted.
    counts: Vec<usize>,
}

impl ConfusionMatrix {
    /// Counts pairs of predicted and actual classes, which are indices into `classes`.
    ///
    /// # Panics
    /// If there aren't as many predictions as actual classes, or one of them isn't in `classes`.
    pub fn new<N: Into<String>>(
        classes: impl IntoIterator<Item = N>,
        predicted: &[usize],
        actual: &[usize],
    ) -> Self {
        assert_eq!(predicted.len(), actual.len(), "each prediction needs one actual class");
        let classes: Vec<String> = classes.into_iter().map(Into::into).collect();
        let mut matrix = Self { counts: vec![0; classes.len() * classes.len()], classes };
        for (&predicted, &actual) in predicted.iter().zip(actual) {
            let at = matrix.index(actual, predicted);
            matrix.counts[at] += 1;
        }
        matrix
    }

    /// How many rows of class `actual` were taken for `predicted`.
    ///
    /// # Panics
    /// If either isn't a class.
    pub fn count(&self, actual: usize, predicted: usize) -> usize {
        self.counts[self.index(actual, predicted)]
    }

    /// The share of right answers, or NaN if there are none at all.
    pub fn accuracy(&self) -> f64 {
        let right: usize = (0..self.classes.len()).map(|class| self.count(class, class)).sum();
        right as f64 / self.counts.iter().sum::<usize>() as f64
    }

    /// The classes' names.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    fn index(&self, actual: usize, predicted: usize) -> usize {
        let classes = self.classes.len();
        assert!(actual < classes && predicted < classes, "there are only {classes} classes");
        actual * classes + predicted
    }
}

/// A table with the classes' names on both axes, without a line end after the last row.
impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const CORNER: &str = r"actual \ predicted";
        let width = |text: &str| text.chars().count();
        let first = self.classes.iter().map(|name| width(name)).fold(width(CORNER), usize::max);
        let columns: Vec<usize> = (0..self.classes.len())
            .map(|column| {
                let counts = (0..self.classes.len()).map(|row| width(&self.count(row, column).to_string()));
                counts.fold(width(&self.classes[column]), usize::max)
            })
            .collect();

        write!(f, "{CORNER:first$}")?;
        for (name, width) in self.classes.iter().zip(&columns) {
            write!(f, "  {name:>width$}")?;
        }
        for (row, name) in self.classes.iter().enumerate() {
            write!(f, "\n{name:first$}")?;
            for (column, width) in columns.iter().enumerate() {
                write!(f, "  {:>width$}", self.count(row, column))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_is_aligned_for_long_names_and_large_counts() {
        let predicted: Vec<usize> = [0; 1000].into_iter().chain([1; 7]).collect();
        let actual: Vec<usize> = [0; 999].into_iter().chain([1; 8]).collect();
        let matrix = ConfusionMatrix::new(["ä", "a considerably longer name"], &predicted, &actual);
        assert_eq!(
            matrix.to_string(),
            "actual \\ predicted            ä  a considerably longer name
ä                           999                           0
a considerably longer name    1                           7"
        );
        assert_eq!(matrix.accuracy(), 1006.0 / 1007.0);
    }

    #[test]
    fn nothing_has_no_accuracy() {
        assert!(accuracy(&[], &[]).is_nan());
        assert!(ConfusionMatrix::new(["a"], &[], &[]).accuracy().is_nan());
    }

    #[test]
    #[should_panic(expected = "there are only 2 classes")]
    fn a_foreign_class_is_refused() {
        let _ = ConfusionMatrix::new(["a", "b"], &[2], &[0]);
    }

    #[test]
    fn argmax_takes_the_first_of_equals() {
        assert_eq!(argmax(&[1.0, 3.0, 3.0, f32::NEG_INFINITY]), Some(1));
        assert_eq!(argmax(&[f32::INFINITY, 0.0]), Some(0));
        assert_eq!(argmax(&[]), None);
    }
}
