//! What is done to each number: biases, activations, sums.

use super::Activation;
use super::math::{exp_to_highest, normal, sigmoid, tanh};
use super::parts::by_rows;
use super::{Threads, vectorised};

const ROOT: f32 = 0.797_884_6; // √(2/π)
const CUBE: f32 = 0.044_715;

vectorised! {
    fn activate_part(x: &mut [f32], activation: Activation) {
        match activation {
            Activation::Relu => {
                for x in x {
                    // Not `max`, which would turn NaN into 0.
                    *x = if *x <= 0.0 { 0.0 } else { *x };
                }
            }
            Activation::Gelu => {
                for x in x {
                    *x *= normal::<FUSED>(*x).1;
                }
            }
            Activation::GeluTanh => {
                for x in x {
                    *x = 0.5 * *x * (1.0 + tanh::<FUSED>(ROOT * (*x + CUBE * *x * *x * *x)));
                }
            }
            Activation::Silu => {
                for x in x {
                    *x *= sigmoid::<FUSED>(*x);
                }
            }
            Activation::Tanh => {
                for x in x {
                    *x = tanh::<FUSED>(*x);
                }
            }
            Activation::Sigmoid => {
                for x in x {
                    *x = sigmoid::<FUSED>(*x);
                }
            }
            Activation::Softmax | Activation::LogSoftmax => {}
        }
    }
}

vectorised! {
    /// gradient · f'(x); `kept` is f(x) where [`Activation::goes_back_by_output`], else x.
    fn activation_back_part(gradient: &mut [f32], kept: &[f32], activation: Activation) {
        let each = gradient.iter_mut().zip(kept);
        match activation {
            Activation::Relu => {
                for (g, &y) in each {
                    *g = if y <= 0.0 { 0.0 } else { *g };
                }
            }
            Activation::Gelu => {
                for (g, &x) in each {
                    let (density, integral) = normal::<FUSED>(x);
                    *g *= integral + x * density;
                }
            }
            Activation::GeluTanh => {
                for (g, &x) in each {
                    let t = tanh::<FUSED>(ROOT * (x + CUBE * x * x * x));
                    *g *= 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * ROOT * (1.0 + 3.0 * CUBE * x * x);
                }
            }
            Activation::Silu => {
                for (g, &x) in each {
                    let s = sigmoid::<FUSED>(x);
                    *g *= s * (1.0 + x * (1.0 - s));
                }
            }
            Activation::Tanh => {
                for (g, &y) in each {
                    *g *= 1.0 - y * y;
                }
            }
            Activation::Sigmoid => {
                for (g, &y) in each {
                    *g *= y * (1.0 - y);
                }
            }
            Activation::Softmax | Activation::LogSoftmax => {}
        }
    }
}

/// Numbers that are worked on side by side, so that none waits for the sum or the comparison before.
const SIDE: usize = 16;

/// The largest number, NaN if there is one.
#[inline(always)]
pub(crate) fn largest(row: &[f32]) -> f32 {
    let (mut most, mut nan) = (f32::NEG_INFINITY, false);
    let (chunks, rest) = row.as_chunks::<SIDE>();
    if !chunks.is_empty() {
        let (mut parts, mut nans) = ([f32::NEG_INFINITY; SIDE], [0u32; SIDE]);
        for chunk in chunks {
            for ((part, nan), &x) in parts.iter_mut().zip(&mut nans).zip(chunk) {
                *part = if x > *part { x } else { *part };
                *nan |= u32::from(x.is_nan());
            }
        }
        for (&part, &found) in parts.iter().zip(&nans) {
            most = if part > most { part } else { most };
            nan |= found != 0;
        }
    }
    for &x in rest {
        most = if x > most { x } else { most };
        nan |= x.is_nan();
    }
    if nan { f32::NAN } else { most }
}

/// Σ f(x)
#[inline(always)]
pub(crate) fn sum_of(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut sum = 0.0;
    let (chunks, rest) = row.as_chunks::<SIDE>();
    if !chunks.is_empty() {
        let mut parts = [0.0f32; SIDE];
        for chunk in chunks {
            for (part, &x) in parts.iter_mut().zip(chunk) {
                *part += f(x);
            }
        }
        sum = parts.iter().sum();
    }
    for &x in rest {
        sum += f(x);
    }
    sum
}

/// Numbers become exponentials less `most`; gives their sum.
#[inline(always)]
pub(crate) fn raise<const FUSED: bool>(row: &mut [f32], most: f32) -> f32 {
    let mut parts = [0.0f32; SIDE];
    let (chunks, rest) = row.as_chunks_mut::<SIDE>();
    for chunk in chunks {
        for (part, x) in parts.iter_mut().zip(chunk) {
            *x = exp_to_highest::<FUSED>(*x - most);
            *part += *x;
        }
    }
    for (part, x) in parts.iter_mut().zip(rest) {
        *x = exp_to_highest::<FUSED>(*x - most);
        *part += *x;
    }
    parts.iter().sum()
}

vectorised! {
    fn softmax_row(row: &mut [f32]) {
        let most = largest(row);
        let share = 1.0 / raise::<FUSED>(row, most);
        for x in row {
            *x *= share;
        }
    }
}

vectorised! {
    fn log_softmax_row(row: &mut [f32]) {
        let most = largest(row);
        let shift = most + sum_of(row, |x| exp_to_highest::<FUSED>(x - most)).ln();
        for x in row {
            *x -= shift;
        }
    }
}

/// f(x) for each number, or over rows of `width`.
pub fn activate(threads: Threads, x: &mut [f32], width: usize, activation: Activation) {
    match threads {
        Threads::One => activate_rows(x, width, activation),
        Threads::All => by_rows(x, width, &|_, part| activate_rows(part, width, activation)),
    }
}

/// [`activate`] on this thread.
pub fn activate_rows(x: &mut [f32], width: usize, activation: Activation) {
    match activation {
        Activation::Softmax => {
            for row in x.chunks_exact_mut(width) {
                softmax_row(row);
            }
        }
        Activation::LogSoftmax => {
            for row in x.chunks_exact_mut(width) {
                log_softmax_row(row);
            }
        }
        _ => activate_part(x, activation),
    }
}

/// The way back: `kept` is what came out where [`Activation::goes_back_by_output`], else what went in.
pub fn activation_back(gradient: &mut [f32], kept: &[f32], width: usize, activation: Activation) {
    by_rows(gradient, width, &|first, part| {
        activation_back_rows(part, &kept[first * width..][..part.len()], width, activation);
    });
}

/// [`activation_back`] on this thread.
pub fn activation_back_rows(gradient: &mut [f32], kept: &[f32], width: usize, activation: Activation) {
    let rows = gradient.chunks_exact_mut(width).zip(kept.chunks_exact(width));
    match activation {
        Activation::Softmax => {
            for (g, y) in rows {
                softmax_back(g, y);
            }
        }
        Activation::LogSoftmax => {
            for (g, y) in rows {
                log_softmax_back(g, y);
            }
        }
        _ => activation_back_part(gradient, kept, activation),
    }
}

vectorised! {
    /// y · (g − Σ g·y) of one row.
    fn softmax_back(gradient: &mut [f32], y: &[f32]) {
        let mut parts = [0.0f32; SIDE];
        for (place, (g, y)) in gradient.iter().zip(y).enumerate() {
            parts[place % SIDE] += g * y;
        }
        let sum: f32 = parts.iter().sum();
        for (g, &y) in gradient.iter_mut().zip(y) {
            *g = y * (*g - sum);
        }
    }
}

vectorised! {
    /// g − eʸ · Σ g of one row.
    fn log_softmax_back(gradient: &mut [f32], y: &[f32]) {
        let sum = sum_of(gradient, |g| g);
        for (g, &y) in gradient.iter_mut().zip(y) {
            *g -= exp_to_highest::<FUSED>(y) * sum;
        }
    }
}

vectorised! {
    fn add_part(y: &mut [f32], x: &[f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += x;
        }
    }
}

/// y += x
pub fn add(threads: Threads, y: &mut [f32], x: &[f32]) {
    match threads {
        Threads::One => add_part(y, x),
        Threads::All => by_rows(y, 1, &|first, part| add_part(part, &x[first..][..part.len()])),
    }
}

vectorised! {
    fn multiply_part(y: &mut [f32], x: &[f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y *= x;
        }
    }
}

/// y *= x
pub fn multiply_each(threads: Threads, y: &mut [f32], x: &[f32]) {
    match threads {
        Threads::One => multiply_part(y, x),
        Threads::All => by_rows(y, 1, &|first, part| multiply_part(part, &x[first..][..part.len()])),
    }
}

vectorised! {
    /// Adds `each` to every row of y, on this thread.
    pub fn add_to_rows(y: &mut [f32], each: &[f32]) {
        if each.is_empty() {
            return;
        }
        for row in y.chunks_exact_mut(each.len()) {
            for (y, x) in row.iter_mut().zip(each) {
                *y += x;
            }
        }
    }
}

/// Adds `each` to every row of y.
pub fn add_rows(y: &mut [f32], each: &[f32]) {
    by_rows(y, each.len(), &|_, part| add_to_rows(part, each));
}

vectorised! {
    /// Adds the rows of x to y.
    pub fn sum_rows(y: &mut [f32], x: &[f32]) {
        for row in x.chunks_exact(y.len()) {
            for (y, x) in y.iter_mut().zip(row) {
                *y += x;
            }
        }
    }
}
