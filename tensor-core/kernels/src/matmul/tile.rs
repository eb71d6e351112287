//! Products of strided rows with packed panels, tile by tile, on one thread.

use super::columns::Columns;
use super::lanes::Lanes;
use super::pack::{interleave, turn};
use super::{Into, Matrix, PanelView};

/// Vectors of a panel's row.
pub(super) const VECTORS: usize = 2;

/// Where a tile's rows go.
#[derive(Clone, Copy)]
struct Target {
    at: *mut f32,
    row_stride: usize,
    columns: usize,
    how: Into,
    scale: f32,
}

/// `target = scale · left · right` (or `+=`), whose right side lies in panels. A left side that does not lie row by row goes
/// into `room` first, part after part: as it lies, each tile would ask for lines of the caches that are far apart. (Zen 3: 0.67
/// to 0.85 of the time for gradients of weights.) Some [`Lanes`] have every left side there, tile by tile.
///
/// # Safety
/// The processor has the instructions of `L`, of whose width the panels are.
#[inline(always)]
pub(super) unsafe fn multiply_panels<L: Lanes>(
    mut target: Columns<'_>,
    (how, scale): (Into, f32),
    left: Matrix<'_>,
    panels: PanelView<'_>,
    room: &mut [f32],
) {
    let ((rows, columns), (first, row_stride)) = (target.size(), target.as_mut_ptr());
    assert!(rows == left.rows && columns == panels.columns, "a number of the target for each row and column");
    assert_eq!(left.columns, panels.rows, "the inner sizes agree");
    let width = VECTORS * L::WIDTH;
    let depth = left.columns;
    // In parts of nearly the same depth: a last one of a few rows would cost as many reads and writes of the target.
    let at_once = depth.div_ceil(depth.div_ceil(L::DEPTH).max(1)).max(1);
    for start in (0..depth.max(1)).step_by(at_once) {
        let count = (depth - start).min(at_once);
        let how = if start == 0 { how } else { Into::Add };
        let part = left.columns_from(start, count);
        // SAFETY: as the caller promises.
        let part = unsafe {
            if L::PACKS_LEFT {
                interleave::<L>(room, part);
                part
            } else if part.column_stride == 1 {
                part
            } else {
                turn::<L>(room, count, part);
                Matrix::new(room, rows, count)
            }
        };
        for (panel, column) in (0..columns).step_by(width).enumerate() {
            let columns = (columns - column).min(width);
            for (tile, row) in (0..left.rows).step_by(L::ROWS).enumerate() {
                let rows = (left.rows - row).min(L::ROWS);
                // Each of the first tiles asks for a line of every `STEPS` of the next panel: together for all of it. The others
                // ask for what is at hand, which costs nothing.
                let ahead = if tile < L::STEPS { (panels.depth + tile) * width } else { 0 };
                // SAFETY: the tile lies in the target, the rows in `part` or `room`, the panel in `panels`.
                unsafe {
                    let at = first.add(row * row_stride + column);
                    let from = match L::PACKS_LEFT {
                        true => room.as_ptr().add(row * count),
                        false => part.values.as_ptr().add(row * part.row_stride),
                    };
                    let panel = panels.numbers.as_ptr().add((panel * panels.depth + start) * width);
                    let target = Target { at, row_stride, columns, how, scale };
                    // Half of a panel takes half as long.
                    if columns <= L::WIDTH {
                        tiles::<L, 1>(rows, target, from, part.row_stride, (panel, ahead), count);
                    } else {
                        tiles::<L, VECTORS>(rows, target, from, part.row_stride, (panel, ahead), count);
                    }
                }
            }
        }
    }
}

/// # Safety
/// As [`one_tile`], of `rows` rows.
#[inline(always)]
unsafe fn tiles<L: Lanes, const USED: usize>(
    rows: usize,
    target: Target,
    from: *const f32,
    row_stride: usize,
    (panel, ahead): (*const f32, usize),
    depth: usize,
) {
    let mut row = 0;
    macro_rules! while_left {
        ($($count:literal)+) => {$(
            if const { $count <= L::ROWS } {
                while rows - row >= $count {
                    // SAFETY: these rows are among the tile's.
                    unsafe {
                        let target = Target { at: target.at.add(row * target.row_stride), ..target };
                        let from = from.add(if L::PACKS_LEFT { row } else { row * row_stride });
                        one_tile::<L, $count, USED>(target, from, row_stride, (panel, ahead), depth);
                    }
                    row += $count;
                }
            }
        )+};
    }
    while_left!(12 8 6 4 2 1);
}

/// One tile of the first `USED` vectors of a panel: the sums stay in registers.
///
/// Where the rows are is worked out once for several steps: a sum of addresses at each of them takes as long as the products.
/// At the same time the memory is asked for what lies so many numbers `ahead`, and for the panel's next rows.
///
/// # Safety
/// The processor has the instructions of `L`; `from` is good for `ROWS` rows of `depth` numbers, as they lie or packed, `panel`
/// for `depth` rows, and the target for `ROWS` rows of its columns.
#[inline(always)]
unsafe fn one_tile<L: Lanes, const ROWS: usize, const USED: usize>(
    target: Target,
    mut from: *const f32,
    row_stride: usize,
    (mut panel, ahead): (*const f32, usize),
    depth: usize,
) {
    // SAFETY: as the caller promises.
    unsafe {
        let (row_stride, to_next) = if L::PACKS_LEFT { (1, L::ROWS) } else { (row_stride, 1) };
        for row in 0..ROWS {
            for i in 0..USED {
                L::prefetch_near(target.at.wrapping_add(row * target.row_stride + i * L::WIDTH));
            }
        }
        let mut sums = [[L::zero(); USED]; ROWS];
        let end = panel.add(depth * VECTORS * L::WIDTH);
        let end_of_steps = panel.add(depth / L::STEPS * L::STEPS * VECTORS * L::WIDTH);
        while panel != end_of_steps {
            L::prefetch_far(panel.wrapping_add(ahead));
            for step in 0..L::STEPS {
                let panel = panel.add(step * VECTORS * L::WIDTH);
                for i in 0..if L::NEAR > 0 { USED } else { 0 } {
                    L::prefetch_near(panel.wrapping_add((L::NEAR * VECTORS + i) * L::WIDTH));
                }
                sums = add::<L, ROWS, USED>(sums, from.add(step * to_next), row_stride, panel);
            }
            from = from.wrapping_add(L::STEPS * to_next); // after the last step it may lie behind the room
            panel = panel.add(L::STEPS * VECTORS * L::WIDTH);
        }
        while L::STEPS > 1 && panel != end {
            sums = add::<L, ROWS, USED>(sums, from, row_stride, panel);
            from = from.wrapping_add(to_next);
            panel = panel.add(VECTORS * L::WIDTH);
        }
        put::<L, ROWS, USED>(target, sums);
    }
}

/// Adds the products of one number of each row with a panel's row. (The sums by value, as in [`put`]: by reference LLVM would
/// keep them in memory, at less than half the speed.)
///
/// # Safety
/// The processor has the instructions of `L`; `from` is good for `ROWS` numbers, `panel` for a row.
#[inline(always)]
unsafe fn add<L: Lanes, const ROWS: usize, const USED: usize>(
    mut sums: [[L::Vector; USED]; ROWS],
    from: *const f32,
    row_stride: usize,
    panel: *const f32,
) -> [[L::Vector; USED]; ROWS] {
    // SAFETY: as the caller promises.
    unsafe {
        let right = row_of::<L, USED>(panel);
        for (row, sums) in sums.iter_mut().enumerate() {
            let left = L::splat(from.add(row * row_stride));
            for (sum, &right) in sums.iter_mut().zip(&right) {
                *sum = L::multiply_add(left, right, *sum);
            }
        }
    }
    sums
}

/// # Safety
/// The processor has the instructions of `L`; `panel` is good for a row.
#[inline(always)]
unsafe fn row_of<L: Lanes, const USED: usize>(panel: *const f32) -> [L::Vector; USED] {
    // SAFETY: as the caller promises.
    std::array::from_fn(|i| unsafe { L::load(panel.add(i * L::WIDTH)) })
}

/// # Safety
/// As [`one_tile`].
#[inline(always)]
unsafe fn put<L: Lanes, const ROWS: usize, const USED: usize>(
    target: Target,
    sums: [[L::Vector; USED]; ROWS],
) {
    let Target { at, row_stride, columns, how, scale } = target;
    // SAFETY: as the caller promises; where columns end within the last vector, no more than they are is touched.
    unsafe {
        let scale = L::splat(&raw const scale);
        let whole = columns >= USED * L::WIDTH;
        for (row, sums) in sums.into_iter().enumerate() {
            for (i, sum) in sums.into_iter().enumerate() {
                let at = at.add(row * row_stride + i * L::WIDTH);
                let put = |before| L::multiply_add(scale, sum, before);
                if whole || i + 1 < USED {
                    L::store(put(if how == Into::Add { L::load(at) } else { L::zero() }), at);
                } else {
                    let count = columns - i * L::WIDTH;
                    let before = if how == Into::Add { L::load_some(at, count) } else { L::zero() };
                    L::store_some(put(before), at, count);
                }
            }
        }
    }
}
