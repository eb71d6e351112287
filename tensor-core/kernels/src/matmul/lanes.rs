//! Vectors of numbers, of each instruction set.

/// The operations of an instruction set that products need.
///
/// # Safety
/// All functions: the processor has the instructions, and pointers are good for `WIDTH` numbers (`splat`: for one).
pub(super) trait Lanes {
    /// Numbers of a vector.
    const WIDTH: usize;
    /// Rows of a tile: as many as the registers can sum up.
    const ROWS: usize;
    /// The most depth that is worked through at a time: less reads and writes the target more often, more drives a panel out of
    /// the nearest cache.
    const DEPTH: usize;
    /// Steps of a tile between two looks at where its rows are.
    const STEPS: usize;
    /// How many rows of a panel before it is needed one is asked for into the nearest cache; none where a panel stays in it.
    const NEAR: usize = 0;
    /// Whether tiles read the left side from a copy in which the numbers of their rows lie side by side: no address of a row is
    /// worked out, and none drives another out of the nearest cache.
    const PACKS_LEFT: bool = false;
    /// The same instructions, with packed rows if they are worth it.
    type Packing: Lanes;
    /// Rows that meet four columns at once: as many as the registers can sum up.
    const DOTS: usize;
    /// Dot products beat packing for a row of so much depth, for two of twice as much, up to so many.
    const FEW: (usize, usize);
    /// The most rows, and the least depth, for which they beat panels that are there already.
    const FEW_FOR_PANELS: (usize, usize);
    type Vector: Copy;

    unsafe fn zero() -> Self::Vector;
    unsafe fn splat(from: *const f32) -> Self::Vector;
    unsafe fn load(from: *const f32) -> Self::Vector;
    unsafe fn store(vector: Self::Vector, to: *mut f32);
    /// The first `count` numbers, at most a vector; the others are zero.
    #[inline(always)]
    unsafe fn load_some(from: *const f32, count: usize) -> Self::Vector {
        let mut all = [0.0; MOST_OF_A_VECTOR];
        // SAFETY: good for so many numbers; `all` for a vector.
        unsafe {
            copy_few(from, all.as_mut_ptr(), count);
            Self::load(all.as_ptr())
        }
    }
    /// Writes the first `count` numbers, at most a vector.
    #[inline(always)]
    unsafe fn store_some(vector: Self::Vector, to: *mut f32, count: usize) {
        let mut all = [0.0; MOST_OF_A_VECTOR];
        // SAFETY: good for so many numbers; `all` for a vector.
        unsafe {
            Self::store(vector, all.as_mut_ptr());
            copy_few(all.as_ptr(), to, count);
        }
    }
    /// a·b + c
    unsafe fn multiply_add(a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    unsafe fn sum(vector: Self::Vector) -> f32;
    /// Asks the memory for a row of a panel at an address, where there may be nothing, into the second cache.
    unsafe fn prefetch_far(_: *const f32) {}
    /// The same of a vector, into the nearest cache.
    unsafe fn prefetch_near(_: *const f32) {}
    /// `WIDTH` numbers of four rows, those of each column side by side.
    unsafe fn four_rows(from: *const f32, row_stride: usize, to: *mut f32, to_stride: usize) {
        for column in 0..Self::WIDTH {
            for row in 0..4 {
                // SAFETY: good for four rows, and four numbers of each column.
                unsafe { *to.add(column * to_stride + row) = *from.add(row * row_stride + column) };
            }
        }
    }
    /// `WIDTH` rows of `WIDTH` numbers, as columns.
    unsafe fn transpose(from: *const f32, row_stride: usize, to: *mut f32, to_stride: usize);
}

/// Numbers of the longest vector.
const MOST_OF_A_VECTOR: usize = 16;

/// Copies at most [`MOST_OF_A_VECTOR`] numbers, by their halves, fourths and so on: at most five pieces, and no call.
///
/// # Safety
/// Both are good for so many numbers, and do not overlap.
#[inline(always)]
pub(super) unsafe fn copy_few(from: *const f32, to: *mut f32, count: usize) {
    let mut at = 0;
    macro_rules! pieces {
        ($($size:literal)+) => {$(
            if count & $size != 0 {
                // SAFETY: as the caller promises.
                unsafe {
                    let piece = from.add(at).cast::<[f32; $size]>().read_unaligned();
                    to.add(at).cast::<[f32; $size]>().write_unaligned(piece);
                }
                at += $size;
            }
        )+};
    }
    pieces!(16 8 4 2 1);
    debug_assert_eq!(at, count, "at most a vector");
}

/// Arrays that the compiler turns into what the target has.
pub(super) struct Plain;

impl Lanes for Plain {
    const WIDTH: usize = 4;
    const ROWS: usize = 4;
    const DEPTH: usize = 288;
    const STEPS: usize = 4;
    const DOTS: usize = 3;
    const FEW: (usize, usize) = (14, 32);
    const FEW_FOR_PANELS: (usize, usize) = (7, 128);
    type Packing = Self;
    type Vector = [f32; 4];

    #[inline(always)]
    unsafe fn zero() -> [f32; 4] {
        [0.0; 4]
    }

    #[inline(always)]
    unsafe fn splat(from: *const f32) -> [f32; 4] {
        // SAFETY: good for one number.
        [unsafe { *from }; 4]
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> [f32; 4] {
        // SAFETY: good for four numbers.
        unsafe { from.cast::<[f32; 4]>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store(vector: [f32; 4], to: *mut f32) {
        // SAFETY: good for four numbers.
        unsafe { to.cast::<[f32; 4]>().write_unaligned(vector) }
    }

    #[inline(always)]
    unsafe fn multiply_add(a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
        // Where the target has no such instruction, `mul_add` is a slow function.
        let one = |i: usize| {
            if cfg!(target_arch = "aarch64") { a[i].mul_add(b[i], c[i]) } else { a[i] * b[i] + c[i] }
        };
        [one(0), one(1), one(2), one(3)]
    }

    #[inline(always)]
    unsafe fn sum([a, b, c, d]: [f32; 4]) -> f32 {
        (a + c) + (b + d)
    }

    #[inline(always)]
    unsafe fn transpose(from: *const f32, row_stride: usize, to: *mut f32, to_stride: usize) {
        for row in 0..4 {
            for column in 0..4 {
                // SAFETY: good for four rows and columns.
                unsafe { *to.add(column * to_stride + row) = *from.add(row * row_stride + column) };
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Lanes;

    /// Tiles read packed rows, or rows as they lie.
    pub(in crate::matmul) struct Avx512<const PACKS: bool>;

    impl<const PACKS: bool> Lanes for Avx512<PACKS> {
        const WIDTH: usize = 16;
        const ROWS: usize = 12;
        const DEPTH: usize = 1536; // Panels come from the second cache: Cascade Lake, 3 to 10 % faster than parts that fit the first.
        const NEAR: usize = 8;
        const STEPS: usize = if PACKS { 4 } else { 1 }; // With more than one of rows as they lie, LLVM keeps sums in memory.
        const PACKS_LEFT: bool = PACKS; // Cascade Lake: two thirds to four fifths of the time.
        const DOTS: usize = 4;
        const FEW: (usize, usize) = (20, 20); // Cascade Lake
        const FEW_FOR_PANELS: (usize, usize) = (3, 256); // Cascade Lake
        type Packing = Avx512<true>;
        type Vector = __m512;

        #[inline(always)]
        unsafe fn zero() -> __m512 {
            // SAFETY: the processor has the instruction.
            unsafe { _mm512_setzero_ps() }
        }

        #[inline(always)]
        unsafe fn splat(from: *const f32) -> __m512 {
            // SAFETY: as above, and good for one number.
            unsafe { _mm512_set1_ps(*from) }
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> __m512 {
            // SAFETY: as above, and good for a vector.
            unsafe { _mm512_loadu_ps(from) }
        }

        #[inline(always)]
        unsafe fn store(vector: __m512, to: *mut f32) {
            // SAFETY: as above, and good for a vector.
            unsafe { _mm512_storeu_ps(to, vector) }
        }

        #[inline(always)]
        unsafe fn load_some(from: *const f32, count: usize) -> __m512 {
            // SAFETY: as above; what the mask leaves out is not touched.
            unsafe { _mm512_maskz_loadu_ps(first(count), from) }
        }

        #[inline(always)]
        unsafe fn store_some(vector: __m512, to: *mut f32, count: usize) {
            // SAFETY: as above; what the mask leaves out is not touched.
            unsafe { _mm512_mask_storeu_ps(to, first(count), vector) };
        }

        #[inline(always)]
        unsafe fn multiply_add(a: __m512, b: __m512, c: __m512) -> __m512 {
            // SAFETY: the processor has the instruction.
            unsafe { _mm512_fmadd_ps(a, b, c) }
        }

        #[inline(always)]
        unsafe fn sum(vector: __m512) -> f32 {
            // SAFETY: the processor has the instruction.
            unsafe { _mm512_reduce_add_ps(vector) }
        }

        #[inline(always)]
        unsafe fn prefetch_far(from: *const f32) {
            // SAFETY: any address may be asked for; a row has two lines.
            unsafe {
                _mm_prefetch::<_MM_HINT_T1>(from.cast());
                _mm_prefetch::<_MM_HINT_T1>(from.wrapping_add(16).cast());
            }
        }

        #[inline(always)]
        unsafe fn prefetch_near(from: *const f32) {
            // SAFETY: any address may be asked for.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) };
        }

        #[inline(always)]
        unsafe fn four_rows(from: *const f32, row_stride: usize, to: *mut f32, to_stride: usize) {
            // SAFETY: good for sixteen numbers of four rows, and four numbers of each column. Pairs of numbers, then of pairs
            // are brought together; the lane `j` of a vector then holds its column of the columns 4j … 4j + 3.
            unsafe {
                let [a, b, c, d] = std::array::from_fn(|row| _mm512_loadu_ps(from.add(row * row_stride)));
                let (low, high) = (_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
                let (low2, high2) = (_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
                let columns = [
                    _mm512_shuffle_ps::<0x44>(low, low2),
                    _mm512_shuffle_ps::<0xee>(low, low2),
                    _mm512_shuffle_ps::<0x44>(high, high2),
                    _mm512_shuffle_ps::<0xee>(high, high2),
                ];
                for (i, of_lanes) in columns.into_iter().enumerate() {
                    let to = to.add(i * to_stride);
                    _mm_storeu_ps(to, _mm512_castps512_ps128(of_lanes));
                    _mm_storeu_ps(to.add(4 * to_stride), _mm512_extractf32x4_ps::<1>(of_lanes));
                    _mm_storeu_ps(to.add(8 * to_stride), _mm512_extractf32x4_ps::<2>(of_lanes));
                    _mm_storeu_ps(to.add(12 * to_stride), _mm512_extractf32x4_ps::<3>(of_lanes));
                }
            }
        }

        #[inline(always)]
        unsafe fn transpose(from: *const f32, row_stride: usize, to: *mut f32, to_stride: usize) {
            // SAFETY: good for sixteen rows and columns. Pairs of numbers, then of pairs, then of quarters of vectors are
            // brought together.
            unsafe {
                let mut a: [__m512; 16] =
                    std::array::from_fn(|row| _mm512_loadu_ps(from.add(row * row_stride)));
                for i in (0..16).step_by(2) {
                    let (low, high) =
                        (_mm512_unpacklo_ps(a[i], a[i + 1]), _mm512_unpackhi_ps(a[i], a[i + 1]));
                    (a[i], a[i + 1]) = (low, high);
                }
                let mut b = [_mm512_setzero_ps(); 16];
                for i in (0..16).step_by(4) {
                    b[i] = _mm512_shuffle_ps::<0x44>(a[i], a[i + 2]);
                    b[i + 1] = _mm512_shuffle_ps::<0xee>(a[i], a[i + 2]);
                    b[i + 2] = _mm512_shuffle_ps::<0x44>(a[i + 1], a[i + 3]);
                    b[i + 3] = _mm512_shuffle_ps::<0xee>(a[i + 1], a[i + 3]);
                }
                // b[4g + c] holds column c + 4·quarter of the rows 4g … 4g + 3.
                for column in 0..4 {
                    let [r0, r1, r2, r3] = [b[column], b[4 + column], b[8 + column], b[12 + column]];
                    let (low, high) =
                        (_mm512_shuffle_f32x4::<0x44>(r0, r1), _mm512_shuffle_f32x4::<0x44>(r2, r3));
                    let (low2, high2) =
                        (_mm512_shuffle_f32x4::<0xee>(r0, r1), _mm512_shuffle_f32x4::<0xee>(r2, r3));
                    _mm512_storeu_ps(to.add(column * to_stride), _mm512_shuffle_f32x4::<0x88>(low, high));
                    _mm512_storeu_ps(
                        to.add((column + 4) * to_stride),
                        _mm512_shuffle_f32x4::<0xdd>(low, high),
                    );
                    _mm512_storeu_ps(
                        to.add((column + 8) * to_stride),
                        _mm512_shuffle_f32x4::<0x88>(low2, high2),
                    );
                    _mm512_storeu_ps(
                        to.add((column + 12) * to_stride),
                        _mm512_shuffle_f32x4::<0xdd>(low2, high2),
                    );
                }
            }
        }
    }

    /// Of the first `count` numbers of sixteen.
    #[inline(always)]
    fn first(count: usize) -> __mmask16 {
        debug_assert!(count <= 16, "at most a vector");
        ((1u32 << count) - 1) as __mmask16
    }

    pub(in crate::matmul) struct Avx2;

    impl Lanes for Avx2 {
        const WIDTH: usize = 8;
        const ROWS: usize = 6;
        const DEPTH: usize = 768;
        const STEPS: usize = 4;
        const DOTS: usize = 3;
        const FEW: (usize, usize) = (14, 32);
        const FEW_FOR_PANELS: (usize, usize) = (7, 128); // Zen 3
        type Packing = Self;
        type Vector = __m256;

        #[inline(always)]
        unsafe fn zero() -> __m256 {
            // SAFETY: the processor has the instruction.
            unsafe { _mm256_setzero_ps() }
        }

        #[inline(always)]
        unsafe fn splat(from: *const f32) -> __m256 {
            // SAFETY: as above, and good for one number.
            unsafe { _mm256_set1_ps(*from) }
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> __m256 {
            // SAFETY: as above, and good for a vector.
            unsafe { _mm256_loadu_ps(from) }
        }

        #[inline(always)]
        unsafe fn store(vector: __m256, to: *mut f32) {
            // SAFETY: as above, and good for a vector.
            unsafe { _mm256_storeu_ps(to, vector) }
        }

        #[inline(always)]
        unsafe fn multiply_add(a: __m256, b: __m256, c: __m256) -> __m256 {
            // SAFETY: the processor has the instruction.
            unsafe { _mm256_fmadd_ps(a, b, c) }
        }

        #[inline(always)]
        unsafe fn sum(vector: __m256) -> f32 {
            // SAFETY: the processor has the instructions.
            unsafe {
                let four = _mm_add_ps(_mm256_castps256_ps128(vector), _mm256_extractf128_ps::<1>(vector));
                let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
                _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
            }
        }

        #[inline(always)]
        unsafe fn prefetch_far(from: *const f32) {
            // SAFETY: any address may be asked for.
            unsafe { _mm_prefetch::<_MM_HINT_T1>(from.cast()) };
        }

        #[inline(always)]
        unsafe fn transpose(from: *const f32, row_stride: usize, to: *mut f32, to_stride: usize) {
            // SAFETY: good for eight rows and columns.
            unsafe {
                let mut a: [__m256; 8] =
                    std::array::from_fn(|row| _mm256_loadu_ps(from.add(row * row_stride)));
                for i in (0..8).step_by(2) {
                    let (low, high) =
                        (_mm256_unpacklo_ps(a[i], a[i + 1]), _mm256_unpackhi_ps(a[i], a[i + 1]));
                    (a[i], a[i + 1]) = (low, high);
                }
                let mut b = [_mm256_setzero_ps(); 8];
                for i in (0..8).step_by(4) {
                    b[i] = _mm256_shuffle_ps::<0x44>(a[i], a[i + 2]);
                    b[i + 1] = _mm256_shuffle_ps::<0xee>(a[i], a[i + 2]);
                    b[i + 2] = _mm256_shuffle_ps::<0x44>(a[i + 1], a[i + 3]);
                    b[i + 3] = _mm256_shuffle_ps::<0xee>(a[i + 1], a[i + 3]);
                }
                for column in 0..4 {
                    let (top, bottom) = (b[column], b[4 + column]);
                    let (left, right) = (
                        _mm256_permute2f128_ps::<0x20>(top, bottom),
                        _mm256_permute2f128_ps::<0x31>(top, bottom),
                    );
                    _mm256_storeu_ps(to.add(column * to_stride), left);
                    _mm256_storeu_ps(to.add((column + 4) * to_stride), right);
                }
            }
        }
    }
}
