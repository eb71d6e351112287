//! Rows times groups of outputs: whole numbers within a block, `f32` over the blocks.

use half::f16;

use super::row::Rounded;
use super::weight::{EightBit, Lanes};
use super::{BLOCK, GROUP};

/// Multiplies blocks with one set of instructions.
///
/// # Safety
/// The processor has the instructions.
pub(super) trait Dots {
    /// Adds `Σ scale of the weight · scale of x · (Σ weight · x)` over the blocks to sums of eight outputs, for `M` rows.
    ///
    /// # Safety
    /// As the trait says; `lanes` has eight vectors for each of `scales`, rows as many numbers and scales.
    unsafe fn dots<const M: usize>(
        lanes: &[Lanes],
        scales: &[[u16; GROUP]],
        rows: [(&[i8], &[f32]); M],
    ) -> [[f32; GROUP]; M];
}

/// `sums[group][row][output]` of the groups from `first` on.
///
/// # Safety
/// As [`Dots`].
#[inline(always)]
pub(super) unsafe fn multiply<D: Dots>(sums: &mut [f32], x: &Rounded, weight: &EightBit, first: usize) {
    let (rows, blocks) = (x.rows(), weight.blocks());
    assert_eq!(x.inputs, weight.inputs(), "the inner sizes agree");
    for (group, sums) in sums.chunks_exact_mut(rows * GROUP).enumerate() {
        let at = (first + group) * blocks;
        let lanes = &weight.lanes[at * (BLOCK / 4)..][..blocks * (BLOCK / 4)];
        let scales = &weight.scales[at..][..blocks];
        let mut row = 0;
        macro_rules! while_left {
            ($($count:literal)+) => {$(
                while rows - row >= $count {
                    // SAFETY: as the caller promises; these are all of a group's blocks, and rows are as long.
                    let found = unsafe {
                        D::dots::<$count>(lanes, scales, x.rows_from(row))
                    };
                    sums[row * GROUP..][..$count * GROUP].copy_from_slice(found.as_flattened());
                    row += $count;
                }
            )+};
        }
        while_left!(4 2 1);
    }
}

/// The definition.
pub(super) struct Plain;

impl Dots for Plain {
    unsafe fn dots<const M: usize>(
        lanes: &[Lanes],
        scales: &[[u16; GROUP]],
        rows: [(&[i8], &[f32]); M],
    ) -> [[f32; GROUP]; M] {
        let mut sums = [[0.0; GROUP]; M];
        for (sums, (x, of_x)) in sums.iter_mut().zip(rows) {
            let blocks = lanes.as_chunks::<{ BLOCK / 4 }>().0.iter().zip(scales);
            let blocks = blocks.zip(x.as_chunks::<BLOCK>().0.iter().zip(of_x));
            for ((lanes, scales), (x, of_x)) in blocks {
                let mut whole = [0i32; GROUP];
                for (lanes, x) in lanes.iter().zip(x.as_chunks::<4>().0) {
                    for (whole, weights) in whole.iter_mut().zip(lanes.0.as_chunks::<4>().0) {
                        *whole +=
                            weights.iter().zip(x).map(|(w, x)| i32::from(*w) * i32::from(*x)).sum::<i32>();
                    }
                }
                for ((sum, whole), scale) in sums.iter_mut().zip(whole).zip(scales) {
                    *sum += f16::from_bits(*scale).to_f32() * of_x * whole as f32;
                }
            }
        }
        sums
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{BLOCK, Dots, GROUP, Lanes};

    /// Declares a set of instructions by how it adds, to eight sums, the products of four numbers each: weights without sign, and
    /// x with theirs.
    macro_rules! dots {
        ($(#[$meta:meta])* $Name:ident, $features:literal, |$sum:ident, $weight:ident, $x:ident| $add:expr) => {
            $(#[$meta])*
            pub(in super::super) struct $Name;

            impl Dots for $Name {
                #[inline(always)]
                unsafe fn dots<const M: usize>(
                    lanes: &[Lanes],
                    scales: &[[u16; GROUP]],
                    rows: [(&[i8], &[f32]); M],
                ) -> [[f32; GROUP]; M] {
                    #[target_feature(enable = $features)]
                    fn inner<const M: usize>(
                        lanes: &[Lanes],
                        scales: &[[u16; GROUP]],
                        rows: [(&[i8], &[f32]); M],
                    ) -> [[f32; GROUP]; M] {
                        let blocks = scales.len();
                        assert!(lanes.len() == blocks * (BLOCK / 4), "eight vectors a block");
                        assert!(rows.iter().all(|(x, of_x)| x.len() == blocks * BLOCK && of_x.len() == blocks));
                        let mut sums = [_mm256_setzero_ps(); M];
                        for (block, scales) in scales.iter().enumerate() {
                            let mut whole = [_mm256_setzero_si256(); M];
                            for four in 0..BLOCK / 4 {
                                let at = block * (BLOCK / 4) + four;
                                // SAFETY: there are eight vectors for each block, and each is 32 bytes.
                                let lanes = unsafe { _mm256_load_si256(lanes.as_ptr().add(at).cast()) };
                                let $weight = _mm256_abs_epi8(lanes);
                                for (whole, (x, _)) in whole.iter_mut().zip(&rows) {
                                    // SAFETY: a row has four numbers for each vector.
                                    let four = unsafe { x.as_ptr().add(4 * at).cast::<i32>().read_unaligned() };
                                    let $x = _mm256_sign_epi8(_mm256_set1_epi32(four), lanes);
                                    let $sum = *whole;
                                    *whole = $add;
                                }
                            }
                            // SAFETY: these are 16 bytes.
                            let scales = _mm256_cvtph_ps(unsafe { _mm_loadu_si128(scales.as_ptr().cast()) });
                            for ((sum, whole), (_, of_x)) in sums.iter_mut().zip(whole).zip(&rows) {
                                let scale = _mm256_mul_ps(scales, _mm256_set1_ps(of_x[block]));
                                *sum = _mm256_add_ps(*sum, _mm256_mul_ps(scale, _mm256_cvtepi32_ps(whole)));
                            }
                        }
                        let mut found = [[0.0; GROUP]; M];
                        for (found, sum) in found.iter_mut().zip(sums) {
                            // SAFETY: these are 32 bytes.
                            unsafe { _mm256_storeu_ps(found.as_mut_ptr(), sum) };
                        }
                        found
                    }
                    // SAFETY: the processor has these instructions, as the caller promises.
                    unsafe { inner(lanes, scales, rows) }
                }
            }
        };
    }

    dots! {
        /// Products of pairs in 16 bits, which hold 2 · 128 · 127.
        Avx2, "avx2,f16c", |sum, weight, x| {
            let pairs = _mm256_maddubs_epi16(weight, x);
            _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        }
    }

    dots! {
        /// Four products at once.
        Vnni, "avx2,f16c,avx512vnni,avx512vl", |sum, weight, x| _mm256_dpbusd_epi32(sum, weight, x)
    }

    dots! {
        /// The same by the instructions of processors without AVX-512.
        AvxVnni, "avx2,f16c,avxvnni", |sum, weight, x| _mm256_dpbusd_avx_epi32(sum, weight, x)
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, AvxVnni, Vnni};
