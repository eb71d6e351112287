//! Which instructions the processor has for products of eight bits.

use std::sync::OnceLock;

use super::row::{Rounded, round};
#[cfg(target_arch = "x86_64")]
use super::tile::{Avx2, AvxVnni, Vnni};
use super::tile::{Plain, multiply};
use super::weight::EightBit;

/// Sets of instructions, the best first. All give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    #[cfg(target_arch = "x86_64")]
    Vnni,
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Plain,
}

impl Level {
    /// The best that the processor has.
    pub(super) fn best() -> Self {
        static BEST: OnceLock<Level> = OnceLock::new();
        *BEST.get_or_init(|| Level::all().next().unwrap_or(Level::Plain))
    }

    /// All that it has, the best first.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let fast = {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("f16c");
            let vnni = is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx512vl");
            let avx_vnni = is_x86_feature_detected!("avxvnni");
            [(Level::Vnni, avx2 && vnni), (Level::AvxVnni, avx2 && avx_vnni), (Level::Avx2, avx2)]
        };
        #[cfg(not(target_arch = "x86_64"))]
        let fast: [(Level, bool); 0] = [];
        fast.into_iter().filter(|(_, has)| *has).map(|(level, _)| level).chain([Level::Plain])
    }

    /// `sums[group][row][output]` of the groups from `first` on.
    pub(super) fn multiply(self, sums: &mut [f32], x: &Rounded, weight: &EightBit, first: usize) {
        // SAFETY: `all` saw that the processor has the instructions.
        unsafe {
            match self {
                #[cfg(target_arch = "x86_64")]
                Level::Vnni => multiply::<Vnni>(sums, x, weight, first),
                #[cfg(target_arch = "x86_64")]
                Level::AvxVnni => multiply::<AvxVnni>(sums, x, weight, first),
                #[cfg(target_arch = "x86_64")]
                Level::Avx2 => multiply::<Avx2>(sums, x, weight, first),
                Level::Plain => multiply::<Plain>(sums, x, weight, first),
            }
        }
    }

    /// Rounds rows to eight bits.
    pub(super) fn round(self, x: &[f32], numbers: &mut [i8], scales: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2")]
        fn avx2(x: &[f32], numbers: &mut [i8], scales: &mut [f32]) {
            round(x, numbers, scales);
        }
        match self {
            Level::Plain => round(x, numbers, scales),
            // SAFETY: `all` saw that the processor has the instructions.
            #[cfg(target_arch = "x86_64")]
            _ => unsafe { avx2(x, numbers, scales) },
        }
    }
}
