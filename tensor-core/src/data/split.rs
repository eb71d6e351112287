//! Setting parts aside, with each class in all of them.

use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

/// Indices of the rows of each part, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Rows to train on.
    pub train: Vec<usize>,
    /// Rows held back for the test.
    pub test: Vec<usize>,
}

/// A split that can't be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// The fraction isn't between 0 and 1.
    #[error("the test part must be a fraction between 0 and 1, not {fraction}")]
    Fraction {
        /// What was asked for.
        fraction: f64,
    },
    /// Less than two parts.
    #[error("cross-validation takes at least 2 parts, not {parts}")]
    Parts {
        /// What was asked for.
        parts: usize,
    },
    /// A class has fewer rows than there are parts.
    #[error("class `{class}` has {rows} rows, which are too few for each of {parts} parts")]
    ClassTooSmallForParts {
        /// The class's number.
        class: String,
        /// How many rows it has.
        rows: usize,
        /// How many parts there are.
        parts: usize,
    },
    /// There is nothing to split.
    #[error("there are no rows to split")]
    NoRows,
    /// A class would be missing from one of the parts.
    #[error(
        "a test part of {fraction} takes {test} of the {rows} rows of class `{class}`: both parts need at least one"
    )]
    ClassTooSmall {
        /// The class's name or, where names aren't known, its number.
        class: String,
        /// How many rows it has.
        rows: usize,
        /// How many of them the test part would get.
        test: usize,
        /// What was asked for.
        fraction: f64,
    },
}

/// Splits rows at random so that each class gives the same share of its rows to the test part.
///
/// A class of `n` rows gives `n · test_fraction`, rounded. Which ones is drawn from `seed`; the same labels, fraction
/// and seed give the same split.
///
/// # Errors
/// [`SplitError`] if `test_fraction` isn't strictly between 0 and 1, there are no rows, or rounding leaves a class out
/// of one of the parts.
///
/// ```
/// use tensor_core::data::stratified;
///
/// let labels = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1];
/// let split = stratified(&labels, 0.2, 7)?;
/// assert_eq!((split.train.len(), split.test.len()), (8, 2));
/// assert_eq!(split.test.iter().map(|&row| labels[row]).collect::<Vec<_>>(), [0, 1]);
/// # Ok::<(), tensor_core::data::SplitError>(())
/// ```
pub fn stratified(labels: &[usize], test_fraction: f64, seed: u64) -> Result<Split, SplitError> {
    let fraction = test_fraction;
    if !(fraction > 0.0 && fraction < 1.0) {
        return Err(SplitError::Fraction { fraction });
    }
    let classes = classes_of(labels);
    if classes.is_empty() {
        return Err(SplitError::NoRows);
    }
    let mut random = StdRng::seed_from_u64(seed);
    let mut split = Split { train: Vec::new(), test: Vec::new() };
    for class in classes {
        let mut members: Vec<usize> = (0..labels.len()).filter(|&row| labels[row] == class).collect();
        let rows = members.len();
        let test = (rows as f64 * fraction).round() as usize;
        if test == 0 || test == rows {
            return Err(SplitError::ClassTooSmall { class: class.to_string(), rows, test, fraction });
        }
        members.shuffle(&mut random);
        split.test.extend(&members[..test]);
        split.train.extend(&members[test..]);
    }
    split.train.sort_unstable();
    split.test.sort_unstable();
    Ok(split)
}

/// The classes that occur, in order.
fn classes_of(labels: &[usize]) -> Vec<usize> {
    let mut classes = labels.to_vec();
    classes.sort_unstable();
    classes.dedup();
    classes
}

/// Splits rows for cross-validation: in as many parts, each of which is the test part once, and has its share of each class,
/// one row more or less.
///
/// Which rows is drawn from `seed`; the same labels, parts and seed give the same splits.
///
/// # Errors
/// [`SplitError::Parts`] for fewer than two parts, [`SplitError::NoRows`], [`SplitError::ClassTooSmallForParts`] if a class
/// would be missing from a part.
///
/// ```
/// use tensor_core::data::stratified_folds;
///
/// let labels = [0, 0, 0, 0, 1, 1];
/// let folds = stratified_folds(&labels, 2, 7)?;
/// assert_eq!(folds.len(), 2);
/// assert_eq!(folds[0].test, folds[1].train);
/// assert_eq!(folds[0].test.iter().filter(|&&row| labels[row] == 1).count(), 1);
/// # Ok::<(), tensor_core::data::SplitError>(())
/// ```
pub fn stratified_folds(labels: &[usize], parts: usize, seed: u64) -> Result<Vec<Split>, SplitError> {
    if parts < 2 {
        return Err(SplitError::Parts { parts });
    }
    let classes = classes_of(labels);
    if classes.is_empty() {
        return Err(SplitError::NoRows);
    }
    let mut random = StdRng::seed_from_u64(seed);
    let (mut part_of, mut next) = (vec![0; labels.len()], 0);
    for class in classes {
        let mut members: Vec<usize> = (0..labels.len()).filter(|&row| labels[row] == class).collect();
        let rows = members.len();
        if rows < parts {
            return Err(SplitError::ClassTooSmallForParts { class: class.to_string(), rows, parts });
        }
        members.shuffle(&mut random);
        for row in members {
            part_of[row] = next; // from class to class where the last one ended, so that parts stay equal
            next = (next + 1) % parts;
        }
    }
    let fold = |part| {
        let (test, train) = (0..labels.len()).partition(|&row| part_of[row] == part);
        Split { train, test }
    };
    Ok((0..parts).map(fold).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iris_labels() -> Vec<usize> {
        (0..150).map(|row| row / 50).collect()
    }

    #[test]
    fn iris_gives_ten_of_each_class_to_the_test() {
        let labels = iris_labels();
        for seed in 0..20 {
            let split = stratified(&labels, 0.2, seed).unwrap();
            assert_eq!((split.train.len(), split.test.len()), (120, 30));
            for class in 0..3 {
                assert_eq!(split.test.iter().filter(|&&row| labels[row] == class).count(), 10);
            }
            let mut all: Vec<usize> = split.train.iter().chain(&split.test).copied().collect();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..150), "every row is in exactly one part");
        }
    }

    #[test]
    fn the_seed_decides() {
        let labels = iris_labels();
        assert_eq!(stratified(&labels, 0.2, 3), stratified(&labels, 0.2, 3));
        assert_ne!(stratified(&labels, 0.2, 3), stratified(&labels, 0.2, 4));
    }

    #[test]
    fn impossible_requests_are_refused() {
        for fraction in [0.0, 1.0, -0.1, f64::NAN, f64::INFINITY] {
            assert!(matches!(stratified(&[0, 0], fraction, 0), Err(SplitError::Fraction { .. })));
        }
        assert_eq!(stratified(&[], 0.5, 0), Err(SplitError::NoRows));
        let error = stratified(&[0, 0, 0, 0, 0, 7], 0.2, 0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a test part of 0.2 takes 0 of the 1 rows of class `7`: both parts need at least one"
        );
        assert!(matches!(
            stratified(&[0, 0], 0.9, 0),
            Err(SplitError::ClassTooSmall { rows: 2, test: 2, .. })
        ));
    }

    #[test]
    fn each_row_is_tested_once_and_each_part_has_its_share() {
        let labels: Vec<usize> = (0..103).map(|row| [0, 0, 0, 1, 1, 2][row % 6]).collect();
        let folds = stratified_folds(&labels, 5, 1).unwrap();
        let mut tested: Vec<usize> = folds.iter().flat_map(|fold| fold.test.clone()).collect();
        tested.sort_unstable();
        assert!(tested.into_iter().eq(0..103));
        for fold in &folds {
            assert!((20..=21).contains(&fold.test.len()));
            for class in 0..3 {
                let all = labels.iter().filter(|&&label| label == class).count();
                let here = fold.test.iter().filter(|&&row| labels[row] == class).count();
                assert!(here == all / 5 || here == all.div_ceil(5), "class {class}: {here} of {all}");
            }
            let mut rows: Vec<usize> = fold.train.iter().chain(&fold.test).copied().collect();
            rows.sort_unstable();
            assert!(rows.into_iter().eq(0..103));
        }
        assert_eq!(folds, stratified_folds(&labels, 5, 1).unwrap());
        assert_ne!(folds, stratified_folds(&labels, 5, 2).unwrap());
    }

    #[test]
    fn impossible_parts_are_refused() {
        assert_eq!(stratified_folds(&[0, 1], 1, 0), Err(SplitError::Parts { parts: 1 }));
        assert_eq!(stratified_folds(&[], 2, 0), Err(SplitError::NoRows));
        assert_eq!(
            stratified_folds(&[0, 0, 0, 1], 3, 0).unwrap_err().to_string(),
            "class `1` has 1 rows, which are too few for each of 3 parts"
        );
    }
}
