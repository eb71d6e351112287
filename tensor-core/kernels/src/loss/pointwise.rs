//! Losses that are a sum over pairs of numbers, what a network gave and its target.

use crate::math::{exp_to_highest, sigmoid};
use crate::parts::{ALONE, in_parts};
use crate::{Threads, scratch::with_scratch, vectorised};

/// The loss of one number.
pub trait Pointwise: Copy + Sync {
    /// The loss of `y` against `target`, and its derivative by `y`.
    fn at(self, y: f32, target: f32) -> (f32, f32);
}

/// d²
#[derive(Clone, Copy)]
pub struct Squares;

impl Pointwise for Squares {
    #[inline(always)]
    fn at(self, y: f32, target: f32) -> (f32, f32) {
        let d = y - target;
        (d * d, 2.0 * d)
    }
}

/// |d|, whose derivative at 0 is 0.
#[derive(Clone, Copy)]
pub struct Absolute;

impl Pointwise for Absolute {
    #[inline(always)]
    fn at(self, y: f32, target: f32) -> (f32, f32) {
        let d = y - target;
        (d.abs(), if d == 0.0 || d.is_nan() { d } else { 1.0f32.copysign(d) })
    }
}

/// d²/2 up to |d| = δ, from there on a line.
#[derive(Clone, Copy)]
pub struct Huber(pub f32);

impl Pointwise for Huber {
    #[inline(always)]
    fn at(self, y: f32, target: f32) -> (f32, f32) {
        let (d, delta) = (y - target, self.0);
        if d.abs() < delta {
            (0.5 * d * d, d)
        } else {
            (delta * (d.abs() - 0.5 * delta), if d.is_nan() { d } else { delta.copysign(d) })
        }
    }
}

/// t·(ln t − y), 0 where t is 0.
#[derive(Clone, Copy)]
pub struct Divergence;

impl Pointwise for Divergence {
    #[inline(always)]
    fn at(self, y: f32, target: f32) -> (f32, f32) {
        (if target == 0.0 { 0.0 } else { target * (target.ln() - y) }, -target)
    }
}

/// Numbers of which a sum is made at once.
const PART: usize = 8 * 1024;

vectorised! {
    fn part<P: Pointwise>(loss: P, y: &[f32], target: &[f32], gradient: &mut [f32], scale: f32) -> f32 {
        let mut sums = [0.0f32; 16];
        for ((y, target), gradient) in y.chunks(16).zip(target.chunks(16)).zip(gradient.chunks_mut(16)) {
            for (((&y, &t), g), sum) in y.iter().zip(target).zip(gradient).zip(&mut sums) {
                let (found, slope) = loss.at(y, t);
                *g = slope * scale;
                *sum += found;
            }
        }
        sums.iter().sum()
    }
}

/// The sum of the losses, multiplied with `scale`; `gradient` gets its gradient.
pub fn sum_of<P: Pointwise>(loss: P, y: &[f32], target: &[f32], gradient: &mut [f32], scale: f64) -> f32 {
    with_scratch(y.len().div_ceil(PART), |sums| {
        let sharing = Threads::all_if(y.len() >= ALONE);
        in_parts(sharing, [(gradient, PART), (&mut *sums, 1)], &|place, [gradient, sum]| {
            let here = place * PART..place * PART + gradient.len();
            sum[0] = part(loss, &y[here.clone()], &target[here], gradient, scale as f32);
        });
        (sums.iter().map(|&sum| f64::from(sum)).sum::<f64>() * scale) as f32
    })
}

vectorised! {
    /// For each number (1 − t)·x + (1 + (w − 1)·t)·ln(1 + e⁻ˣ), where w is that of its column.
    fn binary_rows(logits: &[f32], target: &[f32], weights: &[f32], gradient: &mut [f32], scale: f32) -> f32 {
        let width = weights.len();
        let rows = logits.chunks_exact(width).zip(target.chunks_exact(width));
        let mut sum = 0.0;
        for ((logits, target), gradient) in rows.zip(gradient.chunks_exact_mut(width)) {
            for (((&x, &t), &w), g) in logits.iter().zip(target).zip(weights).zip(gradient) {
                let weight = 1.0 + (w - 1.0) * t;
                // ln(1 + e⁻ˣ) without overflow, whichever sign x has; not `max`, which would turn NaN into 0.
                let below = if x > 0.0 { 0.0 } else { -x };
                sum += (1.0 - t) * x + weight * (below + exp_to_highest::<FUSED>(-x.abs()).ln_1p());
                *g = (1.0 - t - weight * sigmoid::<FUSED>(-x)) * scale;
            }
        }
        sum
    }
}

/// The mean binary cross-entropy of logits; right answers of a column count as `weights` says, one for each column.
pub fn binary(logits: &[f32], target: &[f32], weights: &[f32], gradient: &mut [f32]) -> f32 {
    let width = weights.len();
    let (scale, each) = (1.0 / logits.len() as f32, (PART / width).max(1) * width);
    with_scratch(logits.len().div_ceil(each), |sums| {
        in_parts(Threads::All, [(gradient, each), (&mut *sums, 1)], &|place, [gradient, sum]| {
            let here = place * each..place * each + gradient.len();
            sum[0] = binary_rows(&logits[here.clone()], &target[here], weights, gradient, scale);
        });
        (sums.iter().map(|&sum| f64::from(sum)).sum::<f64>() / logits.len() as f64) as f32
    })
}
