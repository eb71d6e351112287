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
mod level;
pub mod loss;
mod math;
pub mod matmul;
pub mod norm;
pub mod parts;
pub mod rotary;
pub mod scratch;
mod threads;

pub use activation::Activation;
pub use level::Level;
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
            #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,fma")]
            fn avx512$(<$E: $bound>)?($($argument: $kind),*) $(-> $result)? {
                plain::<$($E,)? true>($($argument),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2$(<$E: $bound>)?($($argument: $kind),*) $(-> $result)? {
                plain::<$($E,)? true>($($argument),*)
            }
            match $crate::Level::best() {
                // SAFETY: `best` saw that the processor has these instructions.
                #[cfg(target_arch = "x86_64")]
                $crate::Level::Avx512 => unsafe { avx512($($argument),*) },
                // SAFETY: `best` saw that the processor has these instructions.
                #[cfg(target_arch = "x86_64")]
                $crate::Level::Avx2 => unsafe { avx2($($argument),*) },
                $crate::Level::Plain => plain::<$($E,)? { cfg!(target_arch = "aarch64") }>($($argument),*),
            }
        }
    };
}
