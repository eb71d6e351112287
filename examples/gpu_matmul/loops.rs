//! Products by loops. All matrices are square, row by row.

use std::time::{Duration, Instant};

use crate::Task;

/// Rows and columns of a block: three blocks of 64² numbers fill 48 KB.
const BLOCK: usize = 64;

/// The definition: c[i, j] = Σ a[i, k] · b[k, j]. It goes down a column of `b`, so that each number is in another line of the
/// cache.
pub fn plain(a: &[f32], b: &[f32], c: &mut [f32], side: usize) {
    for i in 0..side {
        for j in 0..side {
            let mut sum = 0.0;
            for k in 0..side {
                sum += a[i * side + k] * b[k * side + j];
            }
            c[i * side + j] = sum;
        }
    }
}

/// The same sums with the loops in another order: all go along rows, and the compiler works on several columns at once.
pub fn reordered(a: &[f32], b: &[f32], c: &mut [f32], side: usize) {
    for (a, c) in a.chunks_exact(side).zip(c.chunks_exact_mut(side)) {
        c.fill(0.0);
        for (&a, b) in a.iter().zip(b.chunks_exact(side)) {
            c.iter_mut().zip(b).for_each(|(c, &b)| *c += a * b);
        }
    }
}

/// Block by block, so that a block of `b` stays in the nearest cache while many rows meet it.
pub fn blocked(a: &[f32], b: &[f32], c: &mut [f32], side: usize) {
    c.fill(0.0);
    for from in (0..side).step_by(BLOCK) {
        let to = (from + BLOCK).min(side);
        for left in (0..side).step_by(BLOCK) {
            let right = (left + BLOCK).min(side);
            for (a, c) in a.chunks_exact(side).zip(c.chunks_exact_mut(side)) {
                let c = &mut c[left..right];
                for k in from..to {
                    let (a, b) = (a[k], &b[k * side + left..k * side + right]);
                    c.iter_mut().zip(b).for_each(|(c, &b)| *c += a * b);
                }
            }
        }
    }
}

/// [`blocked`], with the rows shared by threads.
pub fn on_threads(a: &[f32], b: &[f32], c: &mut [f32], side: usize, threads: usize) {
    let rows = side.div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        for (a, c) in a.chunks(rows * side).zip(c.chunks_mut(rows * side)) {
            scope.spawn(move || blocked(a, b, c, side));
        }
    });
}

/// What such a function gives, and its milliseconds.
pub fn timed(task: &Task, multiply: impl Fn(&[f32], &[f32], &mut [f32], usize)) -> (Vec<f32>, f64) {
    let mut c = vec![f32::NAN; task.side * task.side];
    let milliseconds = milliseconds(|| {
        multiply(std::hint::black_box(&task.a), std::hint::black_box(&task.b), &mut c, task.side);
    });
    (c, milliseconds)
}

/// The median of the milliseconds of a call, over a quarter of a second.
pub fn milliseconds(mut work: impl FnMut()) -> f64 {
    work();
    let (started, mut found) = (Instant::now(), Vec::new());
    while found.is_empty() || started.elapsed() < Duration::from_millis(250) {
        let started = Instant::now();
        work();
        found.push(started.elapsed().as_secs_f64() * 1e3);
    }
    found.sort_by(f64::total_cmp);
    found[found.len() / 2]
}
