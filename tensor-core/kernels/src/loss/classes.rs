//! Cross-entropies of rows of logits.

use crate::elementwise::{largest, raise, sum_of};
use crate::math::exp_to_highest;
use crate::parts::{ALONE, in_parts};
use crate::{Threads, scratch::with_scratch, threads, vectorised};

/// Shares below this one are zero in gradients: a network that is sure of its classes would send numbers back that are not
/// normal, which take processors many times as long.
const LEAST_SHARE: f32 = 1e-30;

#[inline(always)]
fn share_or_zero(share: f32) -> f32 {
    if share.abs() < LEAST_SHARE { 0.0 } else { share }
}

vectorised! {
    /// For each row ln Σ eˣ − x[label], and as the gradient (softmax − 1 at the label) · share.
    fn cross_entropy_rows(logits: &[f32], labels: &[usize], gradient: &mut [f32], losses: &mut [f32], share: f32) {
        let width = logits.len() / labels.len();
        let rows = logits.chunks_exact(width).zip(labels).zip(gradient.chunks_exact_mut(width)).zip(&mut *losses);
        for (((logits, &label), gradient), loss) in rows {
            let most = largest(logits);
            for (g, &x) in gradient.iter_mut().zip(logits) {
                *g = x - most;
            }
            *loss = most - logits[label];
        }
        // All rows at once: vectors are longer than rows of few classes.
        for g in gradient.iter_mut() {
            *g = exp_to_highest::<FUSED>(*g);
        }
        for ((gradient, &label), loss) in gradient.chunks_exact_mut(width).zip(labels).zip(losses) {
            let sum = sum_of(gradient, |g| g);
            let scale = share / sum;
            for g in gradient.iter_mut() {
                *g = share_or_zero(*g * scale);
            }
            gradient[label] -= share;
            *loss += sum.ln();
        }
    }
}

/// The mean cross-entropy of rows of `width` logits, each with a label below `width`; `gradient` gets its gradient.
pub fn cross_entropy(logits: &[f32], labels: &[usize], gradient: &mut [f32]) -> f32 {
    let (width, share) = (logits.len() / labels.len(), 1.0 / labels.len() as f32);
    with_scratch(labels.len(), |losses| {
        of_rows((logits, width), gradient, losses, &|first, logits, gradient, losses| {
            let labels = &labels[first..first + losses.len()];
            cross_entropy_rows(logits, labels, gradient, losses, share);
        });
        (losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / labels.len() as f64) as f32
    })
}

/// What the rows' classes count in a cross-entropy.
#[derive(Clone, Copy)]
pub struct Classes<'c> {
    /// The right class of each row.
    pub labels: &'c [usize],
    /// What each row's right class counts.
    pub shares: &'c [f32],
    /// What each class counts beside that in each row that has some share; nothing where there is no smoothing.
    pub smooth: &'c [f32],
    /// A label whose rows don't count.
    pub ignore: Option<usize>,
}

vectorised! {
    /// For each row Σ target·(ln Σ eˣ − x), where a row's target is its share at the label, and `smooth` everywhere.
    fn weighted_rows(logits: &[f32], classes: Classes<'_>, gradient: &mut [f32], losses: &mut [f32]) {
        let Classes { labels, shares, smooth, ignore } = classes;
        let width = logits.len() / labels.len();
        let all: f32 = smooth.iter().sum();
        let rows = logits.chunks_exact(width).zip(gradient.chunks_exact_mut(width)).zip(labels).zip(shares);
        for ((((logits, gradient), &label), &share), loss) in rows.zip(losses) {
            if Some(label) == ignore {
                gradient.fill(0.0);
                *loss = 0.0;
                continue;
            }
            let [most, level] = softmax::<FUSED>(logits, gradient, share + all);
            *loss = share * ((most - logits[label]) + level);
            gradient[label] -= share;
            for ((g, &x), &s) in gradient.iter_mut().zip(logits).zip(smooth) {
                *g -= s;
                *loss += s * ((most - x) + level);
            }
        }
    }
}

vectorised! {
    /// For each row Σ target·(ln Σ eˣ − x), where the target is t·`weights` + `smooth`.
    fn soft_rows(
        logits: &[f32],
        target: &[f32],
        weights: &[f32],
        smooth: &[f32],
        gradient: &mut [f32],
        losses: &mut [f32],
    ) {
        let width = weights.len();
        let rows = logits.chunks_exact(width).zip(target.chunks_exact(width));
        for (((logits, target), gradient), loss) in rows.zip(gradient.chunks_exact_mut(width)).zip(losses) {
            let all = target.iter().zip(weights).zip(smooth).map(|((&t, &w), &s)| t * w + s).sum();
            let [most, level] = softmax::<FUSED>(logits, gradient, all);
            *loss = 0.0;
            let each = gradient.iter_mut().zip(logits).zip(target.iter().zip(weights).zip(smooth));
            for ((g, &x), ((&t, &w), &s)) in each {
                let t = t * w + s;
                *g -= t;
                *loss += if t == 0.0 { 0.0 } else { t * ((most - x) + level) };
            }
        }
    }
}

/// `gradient` gets the softmax times `scale`; what is returned is the largest logit and what ln Σ eˣ is beside it. (Their sum would
/// lose the digits of large ones.)
#[inline(always)]
fn softmax<const FUSED: bool>(logits: &[f32], gradient: &mut [f32], scale: f32) -> [f32; 2] {
    let most = largest(logits);
    gradient.copy_from_slice(logits);
    let sum = raise::<FUSED>(gradient, most);
    let scale = scale / sum;
    for g in gradient.iter_mut() {
        *g = share_or_zero(*g * scale);
    }
    [most, sum.ln()]
}

/// What is done with some rows: the number of the first, the logits, their gradient, and a loss of each.
type RowsWork<'w> = &'w (dyn Fn(usize, &[f32], &mut [f32], &mut [f32]) + Sync);

/// Lets `work` have some rows of logits at a time.
fn of_rows((logits, width): (&[f32], usize), gradient: &mut [f32], losses: &mut [f32], work: RowsWork<'_>) {
    let sharing = Threads::all_if(logits.len() >= ALONE);
    let each =
        if sharing == Threads::All { losses.len().div_ceil(2 * threads()) } else { losses.len() }.max(1);
    in_parts(sharing, [(gradient, each * width), (losses, each)], &|part, [gradient, losses]| {
        let logits = &logits[part * each * width..][..gradient.len()];
        work(part * each, logits, gradient, losses);
    });
}

fn sum(losses: &[f32]) -> f32 {
    losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() as f32
}

/// The sum over rows of logits of what their classes count; `gradient` gets its gradient.
pub fn weighted_cross_entropy(logits: &[f32], classes: Classes<'_>, gradient: &mut [f32]) -> f32 {
    let rows = classes.labels.len();
    let width = logits.len() / rows;
    with_scratch(rows, |losses| {
        of_rows((logits, width), gradient, losses, &|first, logits, gradient, losses| {
            let rows = first..first + losses.len();
            let (labels, shares) = (&classes.labels[rows.clone()], &classes.shares[rows]);
            weighted_rows(logits, Classes { labels, shares, ..classes }, gradient, losses);
        });
        sum(losses)
    })
}

/// The sum over rows of the cross-entropy against t·`weights` + `smooth`; `gradient` gets its gradient.
pub fn soft_cross_entropy(
    logits: &[f32],
    target: &[f32],
    weights: &[f32],
    smooth: &[f32],
    gradient: &mut [f32],
) -> f32 {
    let width = weights.len();
    with_scratch(logits.len() / width, |losses| {
        of_rows((logits, width), gradient, losses, &|first, logits, gradient, losses| {
            let target = &target[first * width..][..logits.len()];
            soft_rows(logits, target, weights, smooth, gradient, losses);
        });
        sum(losses)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_of_what_is_sure_are_normal_or_zero() {
        // 17 classes, from equally likely ones to e⁻⁸⁷ and beyond.
        for margin in (0..120).map(|i| i as f32) {
            let logits: Vec<f32> =
                (0..17).map(|i| if i == 3 { margin } else { -(i as f32) * 0.37 }).collect();
            let (mut gradient, mut other) = ([f32::NAN; 17], [f32::NAN; 17]);
            cross_entropy(&logits, &[3], &mut gradient);
            let classes = Classes { labels: &[3], shares: &[1.0], smooth: &[0.0; 17], ignore: None };
            weighted_cross_entropy(&logits, classes, &mut other);
            for (class, g) in gradient.into_iter().chain(other).enumerate() {
                let (class, wide) = (class % 17, |x: f32| f64::from(x));
                let sum: f64 = logits.iter().map(|&x| wide(x - margin).exp()).sum();
                let share = wide(logits[class] - margin).exp() / sum;
                let expected = if class == 3 { share - 1.0 } else { share };
                assert!(g == 0.0 || g.is_normal(), "{margin}: {g:e} of class {class}");
                assert!(
                    (wide(g) - expected).abs() <= 1e-6 * share.min(0.2) + 1e-30,
                    "{margin}: {g:e}, not {expected:e}"
                );
            }
        }
    }
}
