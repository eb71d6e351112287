//! Which instructions the processor has.

use std::sync::OnceLock;

/// Sets of instructions, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// AVX-512, as much of it as kernels use, and [`Level::Avx2`].
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// AVX2, and a·b + c as one instruction.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// What the target has.
    Plain,
}

impl Level {
    /// The best that the processor has.
    #[inline]
    pub fn best() -> Self {
        static BEST: OnceLock<Level> = OnceLock::new();
        *BEST.get_or_init(Level::find)
    }

    fn find() -> Self {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512bw");
            return if avx512 { Level::Avx512 } else { Level::Avx2 };
        }
        Level::Plain
    }
}
