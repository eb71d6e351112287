//! How good a network's answers are.

mod average;
mod confusion;

pub use average::{Mean, Running};
pub use confusion::{ByClass, ConfusionMatrix};

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

/// The share of rows of scores in which the actual class is among the `k` largest: 0 to 1, or NaN if there are none. Of equal
/// scores the first counts as the largest, as for [`argmax`]; a row with NaN is wrong.
///
/// # Shapes
/// `scores: [rows, classes]` row by row, `actual: [rows]`
///
/// # Panics
/// If there isn't a whole row of scores for each actual class, or one of them isn't a class.
///
/// ```
/// use tensor_core::train::top_k_accuracy;
///
/// let scores = [0.1, 0.7, 0.2, 0.5, 0.3, 0.2];
/// assert_eq!([1, 2, 3].map(|k| top_k_accuracy(&scores, &[2, 0], k)), [0.5, 1.0, 1.0]);
/// ```
pub fn top_k_accuracy(scores: &[f32], actual: &[usize], k: usize) -> f64 {
    if actual.is_empty() && scores.is_empty() {
        return f64::NAN;
    }
    let whole = !actual.is_empty() && !scores.is_empty() && scores.len().is_multiple_of(actual.len());
    assert!(whole, "each actual class needs one row of scores");
    let right = scores.chunks_exact(scores.len() / actual.len()).zip(actual).filter(|(scores, actual)| {
        let own = scores[**actual];
        let before = |(class, &score): (usize, &f32)| score > own || (score == own && class < **actual);
        let better = scores.iter().enumerate().filter(|&score| before(score)).count();
        better < k && !scores.iter().any(|score| score.is_nan())
    });
    right.count() as f64 / actual.len() as f64
}

/// Among how many equally likely tokens a mean cross-entropy, in nats, is as unsure: its exponential.
///
/// ```
/// use tensor_core::train::perplexity;
///
/// assert!((perplexity(65.0f64.ln()) - 65.0).abs() < 1e-9);
/// ```
pub fn perplexity(mean_loss: f64) -> f64 {
    mean_loss.exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_accuracy() {
        assert!(accuracy(&[], &[]).is_nan());
        assert!(top_k_accuracy(&[], &[], 1).is_nan());
    }

    #[test]
    fn argmax_takes_the_first_of_equals() {
        assert_eq!(argmax(&[1.0, 3.0, 3.0, f32::NEG_INFINITY]), Some(1));
        assert_eq!(argmax(&[f32::INFINITY, 0.0]), Some(0));
        assert_eq!(argmax(&[]), None);
    }

    #[test]
    fn the_first_is_the_one_of_argmax() {
        let scores = [1.0, 3.0, 3.0, 0.0, 2.0, 2.0, f32::NAN, 5.0, 1.0];
        let actual = [1, 1, 1];
        let first: Vec<usize> = scores.chunks(3).map(|scores| argmax(scores).unwrap_or(usize::MAX)).collect();
        assert_eq!(top_k_accuracy(&scores, &actual, 1), accuracy(&first, &actual));
        assert_eq!(top_k_accuracy(&scores, &actual, 2), 2.0 / 3.0);
        assert_eq!(top_k_accuracy(&scores, &actual, 0), 0.0);
    }

    #[test]
    #[should_panic(expected = "each actual class needs one row of scores")]
    fn half_a_row_is_refused() {
        let _ = top_k_accuracy(&[1.0, 2.0, 3.0], &[0, 1], 1);
    }
}
