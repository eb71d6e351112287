//! `layer_norm` and `rms_norm` of rows.

use super::elementwise::{fold, sum_of};
use super::parts::{ALONE, in_parts};
use super::{Threads, vectorised};

vectorised! {
    /// The mean and 1 / √(variance + eps) of a row; without a mean where `centred` is false.
    fn moments(x: &[f32], centred: bool, eps: f32) -> [f32; 2] {
        let count = x.len() as f32;
        let mean = if centred { sum_of(x, |x| x) / count } else { 0.0 };
        let square = sum_of(x, |x| (x - mean) * (x - mean)) / count;
        [mean, 1.0 / (square + eps).sqrt()]
    }
}

vectorised! {
    fn scale_row(y: &mut [f32], x: &[f32], moments: [f32; 2], weight: &[f32], bias: &[f32]) {
        let [mean, inverse] = moments;
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

/// Normalises rows of `weight.len()` numbers: `layer_norm` with a bias, `rms_norm` with an empty one. `moments` gets two
/// numbers of each row: its mean, and by what the rest was multiplied.
pub fn norm(
    threads: Threads,
    y: &mut [f32],
    moments_of: &mut [f32],
    x: &[f32],
    (weight, bias): (&[f32], &[f32]),
    eps: f32,
) {
    let width = weight.len();
    if threads == Threads::One || x.len() < ALONE {
        return norm_rows(y, moments_of, x, weight, bias, eps);
    }
    let part = rows_of_a_part(x.len() / width);
    in_parts(threads, [(y, part * width), (moments_of, part * 2)], &|place, [y, moments_of]| {
        norm_rows(y, moments_of, &x[place * part * width..], weight, bias, eps);
    });
}

/// [`norm`] on this thread.
pub fn norm_rows(y: &mut [f32], moments_of: &mut [f32], x: &[f32], weight: &[f32], bias: &[f32], eps: f32) {
    let width = weight.len();
    let moments_of = moments_of.as_chunks_mut::<2>().0;
    for ((y, x), kept) in y.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(moments_of) {
        *kept = moments(x, !bias.is_empty(), eps);
        scale_row(y, x, *kept, weight, bias);
    }
}

/// Rows that one task takes.
fn rows_of_a_part(rows: usize) -> usize {
    rows.div_ceil(8).max(16)
}

/// Numbers that [`norm_back`] needs for its parts, where x has so many.
pub fn parts_len(numbers: usize, width: usize) -> usize {
    let rows = numbers / width;
    rows.div_ceil(rows_of_a_part(rows)) * 2 * width
}

vectorised! {
    /// One row of the way back: inverse · (g·w − mean(g·w) − x̂ · mean(g·w·x̂)), the middle term where there is a mean. `of_x`
    /// holds g; the gradients of weight and bias are added to `parts`.
    fn row_back(of_x: &mut [f32], x: &[f32], moments: [f32; 2], weight: &[f32], centred: bool, parts: &mut [f32]) {
        let [mean, inverse] = moments;
        let width = weight.len();
        let (of_weight, of_bias) = parts.split_at_mut(width);
        let (mut along, mut across) = ([0.0f32; 16], [0.0f32; 16]);
        for start in (0..width).step_by(16) {
            let end = (start + 16).min(width);
            let here = start..end;
            let (g, x, w) = (&mut of_x[here.clone()], &x[here.clone()], &weight[here.clone()]);
            let (of_w, of_b) = (&mut of_weight[here.clone()], &mut of_bias[here.clone()]);
            for i in 0..end - start {
                let normed = (x[i] - mean) * inverse;
                of_w[i] += g[i] * normed;
                of_b[i] += g[i];
                g[i] *= w[i];
                along[i] += g[i];
                across[i] += g[i] * normed;
            }
        }
        let count = width as f32;
        let along = if centred { fold(along, |a, b| a + b) / count } else { 0.0 };
        let across = fold(across, |a, b| a + b) / count;
        for (g, &x) in of_x.iter_mut().zip(x) {
            *g = (*g - along - (x - mean) * inverse * across) * inverse;
        }
    }
}

/// The way back. `of_x` holds the gradient of y and becomes that of x; or with `given`, which is the gradient of y, that of x
/// is added to it, if it is not empty. `parts` gets what parts of the rows give for the weight and the bias, one after the
/// other: their sums are the gradients.
pub fn norm_back(
    of_x: &mut [f32],
    given: Option<&[f32]>,
    parts: &mut [f32],
    x: &[f32],
    moments: &[f32],
    weight: &[f32],
    centred: bool,
) {
    let width = weight.len();
    let rows = rows_of_a_part(x.len() / width);
    parts.fill(0.0);
    let part = |place: usize, of_x: &mut [f32], parts: &mut [f32]| {
        let numbers = (x.len() - place * rows * width).min(rows * width);
        let x = &x[place * rows * width..][..numbers];
        let moments = moments[place * rows * 2..].as_chunks::<2>().0;
        let Some(given) = given else {
            for ((g, x), &kept) in of_x.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(moments) {
                row_back(g, x, kept, weight, centred, parts);
            }
            return;
        };
        let given = &given[place * rows * width..][..numbers];
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.resize(width.max(scratch.len()), 0.0);
            let scratch = &mut scratch[..width];
            for (row, ((g, x), &kept)) in
                given.chunks_exact(width).zip(x.chunks_exact(width)).zip(moments).enumerate()
            {
                scratch.copy_from_slice(g);
                row_back(scratch, x, kept, weight, centred, parts);
                if let Some(of_x) = of_x.get_mut(row * width..(row + 1) * width) {
                    of_x.iter_mut().zip(&*scratch).for_each(|(sum, g)| *sum += g);
                }
            }
        });
    };
    if x.len() < ALONE || of_x.is_empty() {
        for (place, parts) in parts.chunks_exact_mut(2 * width).enumerate() {
            let end = of_x.len().min((place + 1) * rows * width);
            part(place, &mut of_x[(place * rows * width).min(end)..end], parts);
        }
        return;
    }
    in_parts(Threads::All, [(of_x, rows * width), (parts, 2 * width)], &|place, [of_x, parts]| {
        part(place, of_x, parts);
    });
}

thread_local! {
    /// The gradient of a row.
    static SCRATCH: std::cell::RefCell<Vec<f32>> = const { std::cell::RefCell::new(Vec::new()) };
}
