//! Losses over rows, and their gradients.

use rayon::prelude::*;

use super::math::exp;
use super::{ALONE, elementwise::largest, scratch::with_scratch, threads, vectorised};

vectorised! {
    /// For each row ln Σ eˣ − x[label], and as the gradient (softmax − 1 at the label) · share.
    fn cross_entropy_rows(logits: &[f32], labels: &[usize], gradient: &mut [f32], losses: &mut [f32], share: f32) {
        let width = logits.len() / labels.len();
        let rows = logits.chunks_exact(width).zip(labels).zip(gradient.chunks_exact_mut(width)).zip(&mut *losses);
        for (((logits, &label), gradient), loss) in rows {
            let most = largest(logits);
            gradient.iter_mut().zip(logits).for_each(|(g, &x)| *g = x - most);
            *loss = most - logits[label];
        }
        // All rows at once: vectors are longer than rows of few classes.
        gradient.iter_mut().for_each(|g| *g = exp(*g));
        for ((gradient, &label), loss) in gradient.chunks_exact_mut(width).zip(labels).zip(losses) {
            let sum: f32 = gradient.iter().sum();
            let scale = share / sum;
            gradient.iter_mut().for_each(|g| *g *= scale);
            gradient[label] -= share;
            *loss += sum.ln();
        }
    }
}

/// The mean cross-entropy of rows of `width` logits, each with a label below `width`; `gradient` gets its gradient.
pub(crate) fn cross_entropy(logits: &[f32], labels: &[usize], gradient: &mut [f32]) -> f32 {
    let (width, share) = (logits.len() / labels.len(), 1.0 / labels.len() as f32);
    with_scratch(labels.len(), |losses| {
        if logits.len() < ALONE {
            cross_entropy_rows(logits, labels, gradient, losses, share);
        } else {
            let each = labels.len().div_ceil(2 * threads());
            let parts = logits.par_chunks(each * width).zip(labels.par_chunks(each));
            let targets = gradient.par_chunks_mut(each * width).zip(losses.par_chunks_mut(each));
            parts.zip(targets).for_each(|((logits, labels), (gradient, losses))| {
                cross_entropy_rows(logits, labels, gradient, losses, share);
            });
        }
        (losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / labels.len() as f64) as f32
    })
}

/// Numbers of which a sum is made at once.
const PART: usize = 8 * 1024;

vectorised! {
    /// Σ (y − target)², and as the gradient (y − target) · scale.
    fn squares_part(y: &[f32], target: &[f32], gradient: &mut [f32], scale: f32) -> f32 {
        let mut sums = [0.0f32; 16];
        for ((y, target), gradient) in y.chunks(16).zip(target.chunks(16)).zip(gradient.chunks_mut(16)) {
            for (((&y, &t), g), sum) in y.iter().zip(target).zip(gradient).zip(&mut sums) {
                let difference = y - t;
                *g = difference * scale;
                *sum += difference * difference;
            }
        }
        sums.iter().sum()
    }
}

/// The mean of (y − target)²; `gradient` gets its gradient.
pub(crate) fn mean_squares(y: &[f32], target: &[f32], gradient: &mut [f32]) -> f32 {
    let scale = 2.0 / y.len() as f32;
    with_scratch(y.len().div_ceil(PART), |sums| {
        let part = |y: &[f32], target: &[f32], gradient: &mut [f32]| squares_part(y, target, gradient, scale);
        if y.len() < ALONE {
            let each = y.chunks(PART).zip(target.chunks(PART)).zip(gradient.chunks_mut(PART)).zip(&mut *sums);
            each.for_each(|(((y, target), gradient), sum)| *sum = part(y, target, gradient));
        } else {
            threads(); // so that this thread takes part
            let each = y.par_chunks(PART).zip(target.par_chunks(PART)).zip(gradient.par_chunks_mut(PART));
            each.zip(&mut *sums).for_each(|(((y, target), gradient), sum)| *sum = part(y, target, gradient));
        }
        (sums.iter().map(|&sum| f64::from(sum)).sum::<f64>() / y.len() as f64) as f32
    })
}
