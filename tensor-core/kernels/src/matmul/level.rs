//! What of products is compiled for each set of instructions.

use super::columns::Columns;
use super::few::dot_columns;
use super::lanes::{Lanes, Plain};
use super::pack::pack_panels;
use super::tile::{VECTORS, multiply_panels};
use super::{Into, Matrix, PanelView};
use crate::Level;

#[cfg(target_arch = "x86_64")]
use super::lanes::{Avx2, Avx512};

/// A method of [`Level`], compiled for each.
macro_rules! compiled {
    ($(#[$meta:meta])* fn $name:ident($($argument:ident: $kind:ty),* $(,)?) = $generic:ident;) => {
        $(#[$meta])*
        pub(super) fn $name(self, $($argument: $kind),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,fma")]
            fn avx512($($argument: $kind),*) {
                // SAFETY: this function has these instructions.
                unsafe { $generic::<Avx512<false>>($($argument),*) }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $kind),*) {
                // SAFETY: this function has these instructions.
                unsafe { $generic::<Avx2>($($argument),*) }
            }
            match self {
                // SAFETY: `best` saw that the processor has these instructions.
                #[cfg(target_arch = "x86_64")]
                Level::Avx512 => unsafe { avx512($($argument),*) },
                // SAFETY: `best` saw that the processor has these instructions.
                #[cfg(target_arch = "x86_64")]
                Level::Avx2 => unsafe { avx2($($argument),*) },
                // SAFETY: these are the target's own instructions.
                Level::Plain => unsafe { $generic::<Plain>($($argument),*) },
            }
        }
    };
}

/// The constants of what a level's vectors are.
macro_rules! of_lanes {
    ($level:expr, $constant:ident) => {
        match $level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => Avx512::<true>::$constant,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => Avx2::$constant,
            Level::Plain => Plain::$constant,
        }
    };
}

/// [`multiply_panels`], with packed rows where they are worth it.
///
/// # Safety
/// As there.
#[inline(always)]
unsafe fn multiply_best<L: Lanes>(
    target: Columns<'_>,
    how: (Into, f32),
    left: Matrix<'_>,
    panels: PanelView<'_>,
    room: &mut [f32],
) {
    // SAFETY: as the caller promises.
    unsafe {
        if L::Packing::PACKS_LEFT && is_worth_packing(left, target.size().1, VECTORS * L::WIDTH) {
            multiply_panels::<L::Packing>(target, how, left, panels, room);
        } else {
            multiply_panels::<L>(target, how, left, panels, room);
        }
    }
}

/// Whether a left side does not lie row by row, or is large enough to be packed and meets enough panels: else it takes less time
/// as it lies.
fn is_worth_packing(left: Matrix<'_>, columns: usize, panel: usize) -> bool {
    left.column_stride != 1 || left.rows * left.columns > 1024 && columns > 2 * panel
}

impl Level {
    /// Columns of a panel.
    pub(super) fn panel(self) -> usize {
        VECTORS * of_lanes!(self, WIDTH)
    }

    /// Whether dot products beat packing for so many rows.
    pub(super) fn are_few(self, rows: usize, depth: usize) -> bool {
        let (depth_of_a_row, most) = of_lanes!(self, FEW);
        (1..=most.min(depth / depth_of_a_row)).contains(&rows)
    }

    /// Whether they beat panels that are there already.
    pub(super) fn are_few_for_panels(self, rows: usize, depth: usize) -> bool {
        let (most, least_depth) = of_lanes!(self, FEW_FOR_PANELS);
        (1..=most).contains(&rows) && depth >= least_depth
    }

    /// Rows of a tile.
    pub(super) fn rows(self) -> usize {
        of_lanes!(self, ROWS)
    }

    /// Numbers of the panels of so many rows and columns.
    pub(super) fn packed_len(self, depth: usize, columns: usize) -> usize {
        let before = self.panel() - 1; // a panel's columns are a power of two: no division
        ((columns + before) & !before) * depth
    }

    /// Numbers of the room for a left side that does not lie as tiles read it.
    pub(super) fn room(self, left: Matrix<'_>, columns: usize) -> usize {
        let depth = left.columns.min(of_lanes!(self, DEPTH));
        if of_lanes!(self, PACKS_LEFT) && is_worth_packing(left, columns, self.panel()) {
            return left.rows.next_multiple_of(self.rows()) * depth;
        }
        if left.column_stride == 1 { 0 } else { left.rows * depth }
    }

    compiled! {
        /// Packs the columns from `first` on.
        fn pack(panels: &mut [f32], right: Matrix<'_>, first: usize) = pack_panels;
    }

    compiled! {
        /// Multiplies rows with panels. Takes room for as many numbers as [`room`](Self::room) tells.
        fn multiply(
            target: Columns<'_>,
            how: (Into, f32),
            left: Matrix<'_>,
            panels: PanelView<'_>,
            room: &mut [f32],
        ) = multiply_best;
    }

    compiled! {
        /// Dot products of few rows with the columns from `first` on.
        fn dot(sums: &mut [f32], left: Matrix<'_>, right: Matrix<'_>, first: usize) = dot_columns;
    }
}
