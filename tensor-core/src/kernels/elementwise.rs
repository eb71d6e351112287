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
    /// gradient · f'(x); `x` is what went in.
    fn activation_back_part(gradient: &mut [f32], x: &[f32], activation: Activation) {
        let each = gradient.iter_mut().zip(x);
        match activation {
            Activation::Relu => each.for_each(|(g, &x)| *g = if x <= 0.0 { 0.0 } else { *g }),
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
            Activation::Tanh => each.for_each(|(g, &x)| {
                let t = tanh(x);
                *g *= 1.0 - t * t;
            }),
            Activation::Sigmoid => each.for_each(|(g, &x)| {
                let s = sigmoid(x);
                *g *= s * (1.0 - s);
            }),
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
    let over_rows = matches!(activation, Activation::Softmax | Activation::LogSoftmax);
    by_rows(x, width, |_, part| {
        if over_rows {
            let logarithm = activation == Activation::LogSoftmax;
            part.chunks_exact_mut(width).for_each(|row| softmax_row(row, logarithm));
        } else {
            activate_part(part, activation);
        }
    });
}

/// The way back: `x` is what went in, or for a softmax what came out.
pub(crate) fn activation_back(gradient: &mut [f32], x: &[f32], width: usize, activation: Activation) {
    by_rows(gradient, width, |first, part| {
        let x = &x[first * width..][..part.len()];
        match activation {
            Activation::Softmax => {
                for (g, y) in part.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
                    softmax_back(g, y);
                }
            }
            Activation::LogSoftmax => {
                for (g, y) in part.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
                    let sum: f32 = g.iter().sum();
                    g.iter_mut().zip(y).for_each(|(g, &y)| *g -= exp(y) * sum);
                }
            }
            _ => activation_back_part(part, x, activation),
        }
    });
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

/// Fills rows with a bias each.
pub(crate) fn fill_rows(y: &mut [f32], bias: &[f32]) {
    for row in y.chunks_exact_mut(bias.len()) {
        row.copy_from_slice(bias);
    }
}

/// Adds the rows of x to y.
pub(crate) fn add_rows(y: &mut [f32], x: &[f32]) {
    for row in x.chunks_exact(y.len()) {
        add_part(y, row);
    }
}
