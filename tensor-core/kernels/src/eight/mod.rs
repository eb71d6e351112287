//! Products with weights of eight bits: blocks of 32 numbers with a scale of 16 bits, ggml's Q8_0. What they are multiplied
//! with is rounded to blocks of eight bits too, so that whole numbers are multiplied and added.
//!
//! `weight` says how a weight lies in memory, `row` rounds what comes in, `tile` multiplies. One token after the other a
//! network's speed is that of reading its weights: these are a fourth of `f32`'s.

mod level;
mod row;
#[cfg(test)]
mod tests;
mod tile;
mod weight;

use super::matmul::{Finish, Rows};
use super::parts::{in_blocks, in_parts};
use super::scratch::with_scratch;
use super::{Threads, threads};
use level::Level;
use row::Rounded;
pub use weight::EightBit;

/// Numbers of a block.
const BLOCK: usize = 32;
/// Outputs that are worked on at a time.
const GROUP: usize = 8;

/// Rows from which on each thread takes some of them; below, each takes some of the outputs.
const MANY: usize = 16;
/// Bytes of a weight from which on a second thread pays.
const WORTH_A_THREAD: usize = 1 << 16;

/// `target = scale · x · weightᵀ`, whose rows `finish` then gets in blocks, with the number of the first.
pub fn multiply_rows(target: Rows<'_>, scale: f32, x: &[f32], weight: &EightBit, finish: Finish<'_>) {
    multiply_rows_at(Level::best(), target, scale, x, weight, finish);
}

fn multiply_rows_at(
    level: Level,
    target: Rows<'_>,
    scale: f32,
    x: &[f32],
    weight: &EightBit,
    finish: Finish<'_>,
) {
    let (inputs, outputs) = (weight.inputs(), weight.outputs());
    let count = x.len() / inputs;
    assert_eq!(x.len(), count * inputs, "`x` is whole rows");
    assert_eq!(target.product.len(), count * outputs, "a number for each row and output");
    if count < MANY || threads() == 1 {
        return some_rows(level, threads() > 1, (0, count), target, (scale, x), weight, finish);
    }
    in_blocks(
        (count.div_ceil(2 * threads()), 4),
        (0, count),
        target,
        &|rows, count| rows.split_at(count, outputs),
        &|first, count, rows| {
            some_rows(level, false, (first, count), rows, (scale, x), weight, finish);
        },
    );
}

/// The product of some rows, all outputs on this thread, or some on each.
fn some_rows(
    level: Level,
    may_share: bool,
    (first, count): (usize, usize),
    target: Rows<'_>,
    (scale, x): (f32, &[f32]),
    weight: &EightBit,
    finish: Finish<'_>,
) {
    let (inputs, outputs) = (weight.inputs(), weight.outputs());
    let x = Rounded::new(level, &x[first * inputs..][..count * inputs], inputs);
    let groups = weight.groups();
    let shares = may_share && groups > 1 && inputs * outputs >= WORTH_A_THREAD;
    let each = if shares { groups.div_ceil(threads()) } else { groups.max(1) };
    let multiply = |sums: &mut [f32]| {
        in_parts(Threads::all_if(shares), [(sums, each * count * GROUP)], &|part, [sums]| {
            level.multiply(sums, &x, weight, part * each);
        });
    };
    let y = &mut target.product[..count * outputs];
    if count == 1 && outputs.is_multiple_of(GROUP) {
        multiply(y); // groups of one row lie as they are wanted
        if scale != 1.0 {
            for y in y.iter_mut() {
                *y *= scale;
            }
        }
    } else if count > 0 {
        with_scratch(groups * count * GROUP, |sums| {
            multiply(sums);
            for (group, sums) in sums.chunks_exact(count * GROUP).enumerate() {
                let wide = GROUP.min(outputs - group * GROUP);
                for (row, sums) in sums.chunks_exact(GROUP).enumerate() {
                    let y = &mut y[row * outputs + group * GROUP..][..wide];
                    for (y, sum) in y.iter_mut().zip(sums) {
                        *y = scale * sum;
                    }
                }
            }
        });
    }
    finish(first, Rows { product: &mut target.product[..count * outputs], ..target });
}
