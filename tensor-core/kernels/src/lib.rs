//! Kernels on slices of `f32`, for tensor-core's fused executor: multiplications, activations, norms, attention.
//!
//! Not for use by itself: it changes as tensor-core needs it. It is a crate of its own so that it compiles while others wait
//! for dfdx, not again when tensor-core changes, and with nightly compilers, which dfdx does not: for miri.
//!
//! Each is plain Rust that the compiler vectorises, compiled for several instruction sets and chosen when the program
//! runs. Products, where the time goes, say themselves which registers hold what.

mod activation;
pub mod attention;
pub mod dropout;
pub mod eight;
pub mod elementwise;
pub mod loss;
mod math;
pub mod matmul;
pub mod norm;
pub mod rotary;
pub mod scratch;
mod threads;

pub use activation::Activation;
pub use threads::{Threads, threads};

/// Declares a function compiled for AVX-512, for AVX2 and for the target's own instructions; the best one that the processor has
/// is called. In its body `FUSED` says whether a·b + c is one instruction.
///
/// Bodies have loops, not `for_each`: a closure that stays a function of its own has none of the instructions of its caller.
#[macro_export]
macro_rules! vectorised {
    ($(#[$meta:meta])* $visibility:vis fn $name:ident$(<$E:ident: $bound:path>)?($($argument:ident: $kind:ty),* $(,)?) $(-> $result:ty)? $body:block) => {
        $(#[$meta])*
        $visibility fn $name$(<$E: $bound>)?($($argument: $kind),*) $(-> $result)? {
            #[inline(always)]
            #[allow(unused, reason = "not all bodies ask whether it is")]
            fn plain<$($E: $bound,)? const FUSED: bool>($($argument: $kind),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,fma")]
                fn avx512$(<$E: $bound>)?($($argument: $kind),*) $(-> $result)? {
                    plain::<$($E,)? true>($($argument),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2$(<$E: $bound>)?($($argument: $kind),*) $(-> $result)? {
                    plain::<$($E,)? true>($($argument),*)
                }
                if $crate::has_avx512() {
                    // SAFETY: the processor has these instructions.
                    return unsafe { avx512($($argument),*) };
                }
                if $crate::has_avx2() {
                    // SAFETY: the processor has these instructions.
                    return unsafe { avx2($($argument),*) };
                }
            }
            plain::<$($E,)? { cfg!(target_arch = "aarch64") }>($($argument),*)
        }
    };
}

/// Whether the processor has AVX-512, as much of it as kernels use.
#[cfg(target_arch = "x86_64")]
pub fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512bw")
        && has_avx2()
}

/// Whether the processor has AVX2 and a·b + c as one instruction.
#[cfg(target_arch = "x86_64")]
pub fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

/// Below so many numbers a second thread costs more than it saves.
const ALONE: usize = 16 * 1024;

/// Runs `work` on rows of `width` numbers, several at a time on each thread; `work` gets the first row's number.
pub fn by_rows(values: &mut [f32], width: usize, work: impl Fn(usize, &mut [f32]) + Sync) {
    use rayon::prelude::*;
    if values.len() < ALONE || width == 0 {
        return work(0, values);
    }
    let rows = (values.len() / width).div_ceil(2 * threads()).max(1);
    values.par_chunks_mut(rows * width).enumerate().for_each(|(chunk, part)| work(chunk * rows, part));
}
