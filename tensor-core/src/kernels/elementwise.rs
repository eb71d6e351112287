//! What is done to each number: biases, activations, sums.

use super::math::{exp, normal, sigmoid, tanh};
use super::{by_rows, vectorised};
use crate::ops::Activation;

const ROOT: f32 = 0.797_884_6; // √(2/π)
const CUBE: f32 = 0.044_715;

vectorised! {
    fn activate_part(x: &mut [f32], activation: Activation) {
        match activation {
            // Not `max`, which would turn NaN into 0.
            Activation::Relu => x.iter_mut().for_each(|x| *x = if *x <= 0.0 { 0.0 } else { *x }),
            Activation::Gelu => x.iter_mut().for_each(|x| *x *= normal(*x).1),
            Activation::GeluTanh => x.iter_mut().for_each(|x| {
                *x = 0.5 * *x * (1.0 + tanh(ROOT * (*x + CUBE * *x * *x * *x)));
            }),
            Activation::Silu => x.iter_mut().for_each(|x| *x *= sigmoid(*x)),
            Activation::Tanh => x.iter_mut().for_each(|x| *x = tanh(*x)),
            Activation::Sigmoid => x.iter_mut().for_each(|x| *x = sigmoid(*x)),
            Activation::Softmax | Activation::LogSoftmax => {}
        }
    }
}

vectorised! {
    /// gradient · f'(x); `kept` is f(x) where [`Activation::goes_back_by_output`], else x.
    fn activation_back_part(gradient: &mut [f32], kept: &[f32], activation: Activation) {
        let each = gradient.iter_mut().zip(kept);
        match activation {
            Activation::Relu => each.for_each(|(g, &y)| *g = if y <= 0.0 { 0.0 } else { *g }),
            Activation::Gelu => each.for_each(|(g, &x)| {
                let (density, integral) = normal(x);
                *g *= integral + x * density;
            }),
            Activation::GeluTanh => each.for_each(|(g, &x)| {
                let t = tanh(ROOT * (x + CUBE * x * x * x));
                *g *= 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * ROOT * (1.0 + 3.0 * CUBE * x * x);
            }),
            Activation::Silu => each.for_each(|(g, &x)| {
                let s = sigmoid(x);
                *g *= s * (1.0 + x * (1.0 - s));
            }),
            Activation::Tanh => each.for_each(|(g, &y)| *g *= 1.0 - y * y),
            Activation::Sigmoid => each.for_each(|(g, &y)| *g *= y * (1.0 - y)),
            Activation::Softmax | Activation::LogSoftmax => {}
        }
    }
}

/// The largest number, NaN if there is one.
#[inline(always)]
pub(crate) fn largest(row: &[f32]) -> f32 {
    let mut largest = f32::NEG_INFINITY;
    let mut nan = false;
    for &x in row {
        largest = if x > largest { x } else { largest };
        nan |= x.is_nan();
    }
    if nan { f32::NAN } else { largest }
}

vectorised! {
    fn softmax_row(row: &mut [f32], logarithm: bool) {
        let most = largest(row);
        let mut sum = 0.0;
        for x in row.iter() {
            sum += exp(x - most);
        }
        if logarithm {
            let shift = most + sum.ln();
            row.iter_mut().for_each(|x| *x -= shift);
        } else {
            let share = 1.0 / sum;
            row.iter_mut().for_each(|x| *x = exp(*x - most) * share);
        }
    }
}

/// f(x) for each number, or over rows of `width`.
pub(crate) fn activate(x: &mut [f32], width: usize, activation: Activation) {
    by_rows(x, width, |_, part| activate_rows(part, width, activation));
}

/// [`activate`] on this thread.
pub(crate) fn activate_rows(x: &mut [f32], width: usize, activation: Activation) {
    match activation {
        Activation::Softmax => x.chunks_exact_mut(width).for_each(|row| softmax_row(row, false)),
        Activation::LogSoftmax => x.chunks_exact_mut(width).for_each(|row| softmax_row(row, true)),
        _ => activate_part(x, activation),
    }
}

/// The way back: `kept` is what came out where [`Activation::goes_back_by_output`], else what went in.
pub(crate) fn activation_back(gradient: &mut [f32], kept: &[f32], width: usize, activation: Activation) {
    by_rows(gradient, width, |first, part| {
        activation_back_rows(part, &kept[first * width..][..part.len()], width, activation);
    });
}

/// [`activation_back`] on this thread.
pub(crate) fn activation_back_rows(gradient: &mut [f32], kept: &[f32], width: usize, activation: Activation) {
    let rows = gradient.chunks_exact_mut(width).zip(kept.chunks_exact(width));
    match activation {
        Activation::Softmax => rows.for_each(|(g, y)| softmax_back(g, y)),
        Activation::LogSoftmax => rows.for_each(|(g, y)| {
            let sum: f32 = g.iter().sum();
            g.iter_mut().zip(y).for_each(|(g, &y)| *g -= exp(y) * sum);
        }),
        _ => activation_back_part(gradient, kept, activation),
    }
}

vectorised! {
    /// y · (g − Σ g·y) of one row.
    pub(crate) fn softmax_back(gradient: &mut [f32], y: &[f32]) {
        let mut parts = [0.0f32; 16];
        for (place, (g, y)) in gradient.iter().zip(y).enumerate() {
            parts[place % 16] += g * y;
        }
        let sum: f32 = parts.iter().sum();
        gradient.iter_mut().zip(y).for_each(|(g, &y)| *g = y * (*g - sum));
    }
}

vectorised! {
    fn add_part(y: &mut [f32], x: &[f32]) {
        y.iter_mut().zip(x).for_each(|(y, x)| *y += x);
    }
}

/// y += x
pub(crate) fn add(y: &mut [f32], x: &[f32]) {
    by_rows(y, 1, |first, part| add_part(part, &x[first..][..part.len()]));
}

vectorised! {
    fn multiply_part(y: &mut [f32], x: &[f32]) {
        y.iter_mut().zip(x).for_each(|(y, x)| *y *= x);
    }
}

/// y *= x
pub(crate) fn multiply_each(y: &mut [f32], x: &[f32]) {
    by_rows(y, 1, |first, part| multiply_part(part, &x[first..][..part.len()]));
}

vectorised! {
    /// Adds `each` to every row of y, on this thread.
    pub(crate) fn add_to_rows(y: &mut [f32], each: &[f32]) {
        if each.is_empty() {
            return;
        }
        for row in y.chunks_exact_mut(each.len()) {
            row.iter_mut().zip(each).for_each(|(y, x)| *y += x);
        }
    }
}

/// Adds `each` to every row of y.
pub(crate) fn add_rows(y: &mut [f32], each: &[f32]) {
    by_rows(y, each.len(), |_, part| add_to_rows(part, each));
}

vectorised! {
    /// Adds the rows of x to y.
    pub(crate) fn sum_rows(y: &mut [f32], x: &[f32]) {
        for row in x.chunks_exact(y.len()) {
            y.iter_mut().zip(row).for_each(|(y, x)| *y += x);
        }
    }
}
