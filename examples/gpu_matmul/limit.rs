//! What the processor's arithmetic can do at most: multiply-adds on numbers that stay in registers.

use std::{hint::black_box, time::Instant};

/// Sums that are worked on side by side: enough vectors to hide the time of one multiply-add.
const SUMS: usize = 12;
const ROUNDS: usize = 2_000_000;

/// GFLOP/s, where a multiply-add is two.
pub struct Limit {
    pub one_thread: f64,
    pub all_threads: f64,
    /// Which vectors it was reached with.
    pub instructions: &'static str,
}

impl Limit {
    pub fn measured(threads: usize) -> Self {
        let (run, width, instructions) = best();
        let flop = (2 * width * SUMS * ROUNDS) as f64;
        let seconds = |threads: usize| {
            let started = Instant::now();
            std::thread::scope(|scope| {
                (0..threads).for_each(|_| drop(scope.spawn(|| black_box(run(black_box(0.999), ROUNDS)))));
            });
            started.elapsed().as_secs_f64()
        };
        let least = |threads: usize| (0..25).map(|_| seconds(threads)).fold(f64::INFINITY, f64::min);
        let rate = |threads: usize| threads as f64 * flop / least(threads) / 1e9;
        Limit { one_thread: rate(1), all_threads: rate(threads), instructions }
    }
}

/// The widest vectors that the processor has, and how many numbers each holds.
fn best() -> (fn(f32, usize) -> f32, usize, &'static str) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has these instructions.
            return (|factor, rounds| unsafe { x86::avx512(factor, rounds) }, 16, "AVX-512");
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the processor has these instructions.
            return (|factor, rounds| unsafe { x86::avx2(factor, rounds) }, 8, "AVX2");
        }
    }
    (|factor, rounds| sums::<4>(factor, rounds, |sum, factor| sum * factor + factor), 4, "vectors of four")
}

/// So many sums of vectors, each multiplied and added to in every round.
#[inline(always)]
fn sums<const WIDTH: usize>(factor: f32, rounds: usize, step: impl Fn(f32, f32) -> f32) -> f32 {
    let mut sums = [[1.0f32; WIDTH]; SUMS];
    for _ in 0..rounds {
        for sum in sums.as_flattened_mut() {
            *sum = step(*sum, factor);
        }
    }
    sums.as_flattened().iter().sum()
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::SUMS;

    #[target_feature(enable = "avx512f")]
    pub(super) fn avx512(factor: f32, rounds: usize) -> f32 {
        let factor = _mm512_set1_ps(factor);
        let mut sums = [_mm512_set1_ps(1.0); SUMS];
        for _ in 0..rounds {
            for sum in &mut sums {
                *sum = _mm512_fmadd_ps(*sum, factor, factor);
            }
        }
        sums.into_iter().map(|sum| _mm512_reduce_add_ps(sum)).sum()
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn avx2(factor: f32, rounds: usize) -> f32 {
        let factor = _mm256_set1_ps(factor);
        let mut sums = [_mm256_set1_ps(1.0); SUMS];
        for _ in 0..rounds {
            for sum in &mut sums {
                *sum = _mm256_fmadd_ps(*sum, factor, factor);
            }
        }
        sums.into_iter().map(|sum| _mm256_cvtss_f32(sum)).sum()
    }
}
