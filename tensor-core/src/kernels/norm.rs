//! `layer_norm` and `rms_norm` of rows.

use super::{by_rows, vectorised};

/// What the way back needs of a row: what was subtracted, and by what the rest was multiplied.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Moments {
    pub(crate) mean: f32,
    pub(crate) inverse: f32,
}

vectorised! {
    /// The mean and 1 / √(variance + eps) of a row; without a mean where `centred` is false.
    fn moments(x: &[f32], centred: bool, eps: f32) -> Moments {
        let count = x.len() as f32;
        let mean = if centred { sum(x, |x| x) / count } else { 0.0 };
        let square = sum(x, |x| (x - mean) * (x - mean)) / count;
        Moments { mean, inverse: 1.0 / (square + eps).sqrt() }
    }
}

/// Σ f(x) in eight parts at a time, which vectors can add side by side.
#[inline(always)]
fn sum(x: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut parts = [0.0; 16];
    let (chunks, rest) = x.as_chunks::<16>();
    for chunk in chunks {
        for (part, &x) in parts.iter_mut().zip(chunk) {
            *part += f(x);
        }
    }
    parts.iter().sum::<f32>() + rest.iter().map(|&x| f(x)).sum::<f32>()
}

vectorised! {
    fn scale_row(y: &mut [f32], x: &[f32], moments: Moments, weight: &[f32], bias: &[f32]) {
        let Moments { mean, inverse } = moments;
        if bias.is_empty() {
            for ((y, &x), &w) in y.iter_mut().zip(x).zip(weight) {
                *y = (x - mean) * inverse * w;
            }
        } else {
            for (((y, &x), &w), &b) in y.iter_mut().zip(x).zip(weight).zip(bias) {
                *y = (x - mean) * inverse * w + b;
            }
        }
    }
}

/// Normalises rows of `weight.len()` numbers: `layer_norm` with a bias, `rms_norm` with an empty one. Gives the moments of
/// the rows.
pub(crate) fn norm(y: &mut [f32], x: &[f32], weight: &[f32], bias: &[f32], eps: f32) -> Vec<Moments> {
    let width = weight.len();
    let centred = !bias.is_empty();
    let all: Vec<Moments> = x.chunks_exact(width).map(|row| moments(row, centred, eps)).collect();
    by_rows(y, width, |first, part| {
        for (row, y) in part.chunks_exact_mut(width).enumerate() {
            let place = first + row;
            scale_row(y, &x[place * width..][..width], all[place], weight, bias);
        }
    });
    all
}

vectorised! {
    /// x's gradient of one row: inverse · (g·w − mean(g·w) − x̂ · mean(g·w·x̂)), the middle term where there is a mean.
    fn row_back(gradient: &mut [f32], x: &[f32], moments: Moments, weight: &[f32], centred: bool) {
        let Moments { mean, inverse } = moments;
        let (mut along, mut across) = ([0.0f32; 16], [0.0f32; 16]);
        let count = gradient.len();
        for (place, ((g, &x), &w)) in gradient.iter_mut().zip(x).zip(weight).enumerate() {
            *g *= w;
            along[place % 16] += *g;
            across[place % 16] += *g * (x - mean);
        }
        let along = if centred { along.iter().sum::<f32>() / count as f32 } else { 0.0 };
        let across = across.iter().sum::<f32>() * inverse * inverse / count as f32;
        for (g, &x) in gradient.iter_mut().zip(x) {
            *g = (*g - along - (x - mean) * across) * inverse;
        }
    }
}

vectorised! {
    /// Adds to the gradients of weight and bias.
    fn parameters_back(
        weight: &mut [f32],
        bias: &mut [f32],
        gradient: &[f32],
        x: &[f32],
        moments: &[Moments],
    ) {
        let width = weight.len();
        for ((g, x), moments) in gradient.chunks_exact(width).zip(x.chunks_exact(width)).zip(moments) {
            for ((w, &g), &x) in weight.iter_mut().zip(g).zip(x) {
                *w += g * ((x - moments.mean) * moments.inverse);
            }
            for (b, &g) in bias.iter_mut().zip(g) {
                *b += g;
            }
        }
    }
}

/// The way back: `gradient` becomes that of x, and those of weight and bias are given.
pub(crate) fn norm_back(
    gradient: &mut [f32],
    x: &[f32],
    moments: &[Moments],
    weight: &[f32],
    centred: bool,
) -> (Vec<f32>, Vec<f32>) {
    let width = weight.len();
    let mut of_weight = vec![0.0; width];
    let mut of_bias = vec![0.0; if centred { width } else { 0 }];
    parameters_back(&mut of_weight, &mut of_bias, gradient, x, moments);
    by_rows(gradient, width, |first, part| {
        for (row, g) in part.chunks_exact_mut(width).enumerate() {
            let place = first + row;
            row_back(g, &x[place * width..][..width], moments[place], weight, centred);
        }
    });
    (of_weight, of_bias)
}
