//! Which classes are taken for which.

use std::fmt;

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
        let classes: Vec<String> = classes.into_iter().map(Into::into).collect();
        let mut matrix = Self { counts: vec![0; classes.len() * classes.len()], classes };
        matrix.add(predicted, actual);
        matrix
    }

    /// Counts further pairs, such as those of the next batch.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn add(&mut self, predicted: &[usize], actual: &[usize]) {
        assert_eq!(predicted.len(), actual.len(), "each prediction needs one actual class");
        for (&predicted, &actual) in predicted.iter().zip(actual) {
            let at = self.index(actual, predicted);
            self.counts[at] += 1;
        }
    }

    /// The classes' names.
    pub fn classes(&self) -> &[String] {
        &self.classes
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

    /// The share of the rows taken for `class` that are of it: 0 to 1, or NaN if none was taken for it.
    ///
    /// # Panics
    /// If it isn't a class.
    pub fn precision(&self, class: usize) -> f64 {
        let taken: usize = (0..self.classes.len()).map(|actual| self.count(actual, class)).sum();
        self.count(class, class) as f64 / taken as f64
    }

    /// The share of the rows of `class` that were taken for it: 0 to 1, or NaN if there are none.
    ///
    /// # Panics
    /// If it isn't a class.
    pub fn recall(&self, class: usize) -> f64 {
        self.count(class, class) as f64 / self.rows(class) as f64
    }

    /// The harmonic mean of precision and recall: 0 to 1, or NaN if the class neither occurs nor was predicted.
    ///
    /// # Panics
    /// If it isn't a class.
    ///
    /// ```
    /// use tensor_core::train::ConfusionMatrix;
    ///
    /// let matrix = ConfusionMatrix::new(["cat", "dog"], &[0, 0, 1, 1, 1], &[0, 0, 0, 1, 1]);
    /// assert_eq!((matrix.precision(0), matrix.recall(0), matrix.f1(0)), (1.0, 2.0 / 3.0, 0.8));
    /// println!("{}", matrix.by_class());
    /// ```
    pub fn f1(&self, class: usize) -> f64 {
        let taken: usize = (0..self.classes.len()).map(|actual| self.count(actual, class)).sum();
        2.0 * self.count(class, class) as f64 / (taken + self.rows(class)) as f64
    }

    /// The mean of the classes' [`f1`](Self::f1), each counting the same; classes that neither occur nor were predicted
    /// don't. scikit-learn's `f1_score(average="macro")`.
    pub fn macro_f1(&self) -> f64 {
        let known: Vec<f64> =
            (0..self.classes.len()).map(|class| self.f1(class)).filter(|f1| !f1.is_nan()).collect();
        known.iter().sum::<f64>() / known.len() as f64
    }

    /// How many rows are of this class.
    ///
    /// # Panics
    /// If it isn't a class.
    pub fn rows(&self, class: usize) -> usize {
        (0..self.classes.len()).map(|predicted| self.count(class, predicted)).sum()
    }

    /// A table of precision, recall, F1 and rows of each class, to be printed.
    pub fn by_class(&self) -> ByClass<'_> {
        ByClass(self)
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

/// The table of [`ConfusionMatrix::by_class`]; a share of nothing is `-`.
#[derive(Debug, Clone, Copy)]
pub struct ByClass<'m>(&'m ConfusionMatrix);

impl fmt::Display for ByClass<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let matrix = self.0;
        let names = matrix.classes.iter().map(|name| name.chars().count());
        let first = names.fold("class".len(), usize::max);
        write!(f, "{:first$}  precision  recall      f1    rows", "class")?;
        let share = |share: f64| if share.is_nan() { "-".to_owned() } else { format!("{share:.4}") };
        for (class, name) in matrix.classes.iter().enumerate() {
            let shares = [matrix.precision(class), matrix.recall(class), matrix.f1(class)].map(share);
            let [precision, recall, f1] = &shares;
            write!(f, "\n{name:first$}  {precision:>9}  {recall:>6}  {f1:>6}  {:>6}", matrix.rows(class))?;
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
        let empty = ConfusionMatrix::new(["a"], &[], &[]);
        for share in [empty.accuracy(), empty.precision(0), empty.recall(0), empty.f1(0), empty.macro_f1()] {
            assert!(share.is_nan());
        }
    }

    /// The figures are those of scikit-learn's `precision_recall_fscore_support` and `f1_score`.
    #[test]
    fn shares_are_scikit_learns() {
        let actual = [0, 0, 0, 1, 1, 2, 2, 2, 2, 3];
        let predicted = [0, 2, 0, 1, 2, 2, 2, 0, 2, 2];
        let mut matrix = ConfusionMatrix::new(["a", "b", "c", "d", "absent"], &predicted[..4], &actual[..4]);
        matrix.add(&predicted[4..], &actual[4..]);
        let expected = [
            [0.6666666666666666, 0.6666666666666666, 0.6666666666666666],
            [1.0, 0.5, 0.6666666666666666],
            [0.5, 0.75, 0.6],
            [0.0, 0.0, 0.0],
        ];
        for (class, [precision, recall, f1]) in expected.into_iter().enumerate() {
            let found = [matrix.precision(class), matrix.recall(class), matrix.f1(class)];
            for (found, expected) in found.into_iter().zip([precision, recall, f1]) {
                assert!((found - expected).abs() < 1e-12 || (found.is_nan() && expected == 0.0), "{class}");
            }
        }
        assert!((matrix.macro_f1() - 0.4833333333333333).abs() < 1e-12);
        assert_eq!(
            matrix.by_class().to_string(),
            "class   precision  recall      f1    rows
a          0.6667  0.6667  0.6667       3
b          1.0000  0.5000  0.6667       2
c          0.5000  0.7500  0.6000       4
d               -  0.0000  0.0000       1
absent          -       -       -       0"
        );
    }

    #[test]
    #[should_panic(expected = "there are only 2 classes")]
    fn a_foreign_class_is_refused() {
        let _ = ConfusionMatrix::new(["a", "b"], &[2], &[0]);
    }
}
