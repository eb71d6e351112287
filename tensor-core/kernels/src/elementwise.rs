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

/// Halves with halves, so that few wait for the one before.
#[inline(always)]
pub(crate) fn fold(parts: [f32; SIDE], f: impl Fn(f32, f32) -> f32) -> f32 {
    // Where LLVM sees both, it splits the vectors of the loop before into pairs of numbers, as they are needed here.
    let parts = std::hint::black_box(parts);
    let eight: [f32; 8] = std::array::from_fn(|i| f(parts[i], parts[i + 8]));
    let four: [f32; 4] = std::array::from_fn(|i| f(eight[i], eight[i + 4]));
    f(f(four[0], four[2]), f(four[1], four[3]))
}

/// The largest of those that are not NaN. (Exponentials less it sum up to NaN if there is one.)
#[inline(always)]
pub(crate) fn largest(row: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let (chunks, rest) = row.as_chunks::<SIDE>();
    let mut most = f32::NEG_INFINITY;
    if !chunks.is_empty() {
        let (pairs, last) = chunks.as_chunks::<2>();
        let (mut parts, mut others) = ([most; SIDE], [most; SIDE]);
        for [chunk, other] in pairs {
            for i in 0..SIDE {
                parts[i] = larger(parts[i], chunk[i]);
                others[i] = larger(others[i], other[i]);
            }
        }
        for chunk in last.iter().chain([&others]) {
            for (part, &x) in parts.iter_mut().zip(chunk) {
                *part = larger(*part, x);
            }
        }
        most = fold(parts, larger);
    }
    for &x in rest {
        most = larger(most, x);
    }
    most
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
        sum = fold(parts, |a, b| a + b);
    }
    for &x in rest {
        sum += f(x);
    }
    sum
}

/// Σ a·b
#[inline(always)]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut parts = [0.0f32; SIDE];
    let ((chunks_a, rest_a), (chunks_b, rest_b)) = (a.as_chunks::<SIDE>(), b.as_chunks::<SIDE>());
    for (a, b) in chunks_a.iter().zip(chunks_b) {
        for ((part, a), b) in parts.iter_mut().zip(a).zip(b) {
            *part += a * b;
        }
    }
    fold(parts, |a, b| a + b) + rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum::<f32>()
}

/// Numbers become exponentials less `most`; gives their sum.
#[inline(always)]
pub(crate) fn raise<const FUSED: bool>(row: &mut [f32], most: f32) -> f32 {
    for x in row.iter_mut() {
        *x = exp_to_highest::<FUSED>(*x - most);
    }
    sum_of(row, |x| x)
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
        let level = sum_of(row, |x| exp_to_highest::<FUSED>(x - most)).ln();
        for x in row {
            *x = (*x - most) - level; // the sum of both would lose the digits of large numbers
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
        let sum = fold(parts, |a, b| a + b);
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
