//! What classes should count where some are rare.

/// Weights that can't be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClassWeightError {
    /// A class has no rows, so that it would have to count infinitely.
    #[error("class {class} has no rows, so that no weight makes it count like the others")]
    Absent {
        /// The class.
        class: usize,
    },
    /// A label is no class.
    #[error("the label of row {row} is {label}, but there are {classes} classes")]
    Label {
        /// The row.
        row: usize,
        /// Its label.
        label: usize,
        /// How many classes there are.
        classes: usize,
    },
}

/// For each class a weight that is the larger the rarer it is: rows / (classes · rows of the class), with which all
/// classes count the same in all, and a row 1 on average. [`ClassOptions`](crate::loss::ClassOptions) takes them.
///
/// # Errors
/// [`ClassWeightError`] if a label is no class, or a class has no rows.
///
/// # Source
/// G. King and L. Zeng, "Logistic Regression in Rare Events Data", 2001; scikit-learn's `class_weight="balanced"`
///
/// ```
/// use tensor_core::data::class_weights;
///
/// assert_eq!(class_weights(&[0, 0, 0, 1], 2)?, [2.0 / 3.0, 2.0]);
/// assert_eq!(class_weights(&[0, 0], 2).unwrap_err().to_string(),
///     "class 1 has no rows, so that no weight makes it count like the others");
/// # Ok::<(), tensor_core::data::ClassWeightError>(())
/// ```
pub fn class_weights(labels: &[usize], classes: usize) -> Result<Vec<f64>, ClassWeightError> {
    let mut counts = vec![0usize; classes];
    for (row, &label) in labels.iter().enumerate() {
        *counts.get_mut(label).ok_or(ClassWeightError::Label { row, label, classes })? += 1;
    }
    if let Some(class) = counts.iter().position(|&count| count == 0) {
        return Err(ClassWeightError::Absent { class });
    }
    let all = labels.len() as f64 / classes as f64;
    Ok(counts.into_iter().map(|count| all / count as f64).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_classes_count_the_same() {
        let labels = [2, 0, 1, 1, 2, 2, 2, 1, 2];
        let weights = class_weights(&labels, 3).unwrap();
        for class in 0..3 {
            let sum: f64 = labels.iter().filter(|&&label| label == class).map(|&label| weights[label]).sum();
            assert!((sum - 3.0).abs() < 1e-12);
        }
        let error = class_weights(&labels, 2).unwrap_err();
        assert_eq!(error.to_string(), "the label of row 0 is 2, but there are 2 classes");
        assert_eq!(class_weights(&[], 0), Ok(Vec::new()));
    }
}
