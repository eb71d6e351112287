//! Slices in parts, and rows in blocks, that threads share.
//!
//! What rayon makes of a closure takes a compiler longer than most kernels do, and as long for each closure: here it is made
//! once for all that is shared in the same form.

use super::{Threads, threads};

/// Numbers, and how many of them a part or a row has.
pub type Part<'r> = (&'r mut [f32], usize);

/// Parts that each thread gets: more than one, since one thread may be slower than the others.
const PARTS_EACH: usize = 4;

/// Lets `work` have each part of some slices by its place, as many as the slice with the fewest has; the last one may be
/// shorter.
pub fn in_parts<const N: usize>(
    sharing: Threads,
    slices: [Part<'_>; N],
    work: &(dyn Fn(usize, [&mut [f32]; N]) + Sync),
) {
    let count = slices.iter().map(|(slice, each)| slice.len().div_ceil(*each)).min().unwrap_or(0);
    let most = match sharing {
        Threads::One => count,
        Threads::All if count < 2 => count,
        Threads::All => count.div_ceil(PARTS_EACH * threads()),
    };
    in_blocks((most, 1), (0, count), slices, &split_parts, &|first, count, slices| {
        let mut slices = slices.map(|(slice, each)| slice.chunks_mut(each));
        for place in first..first + count {
            work(place, slices.each_mut().map(|parts| parts.next().unwrap_or_default()));
        }
    });
}

/// The first `count` parts of each, and the others.
pub fn split_parts<const N: usize>(parts: [Part<'_>; N], count: usize) -> ([Part<'_>; N], [Part<'_>; N]) {
    let mut others = [const { None }; N];
    let mut other = others.iter_mut();
    let first = parts.map(|(numbers, width)| {
        let (numbers, rest) = numbers.split_at_mut((count * width).min(numbers.len()));
        if let Some(other) = other.next() {
            *other = Some((rest, width));
        }
        (numbers, width)
    });
    (first, others.map(|part| part.unwrap_or((&mut [], 0))))
}

/// Blocks of at most `most` rows side by side, of `count` rows from `first` on: halves of halves, in whole tiles. `split` gives
/// the first so many of some rows, and the others.
pub fn in_blocks<R: Send>(
    (most, tile): (usize, usize),
    (first, count): (usize, usize),
    rows: R,
    split: &(dyn Fn(R, usize) -> (R, R) + Sync),
    block: &(dyn Fn(usize, usize, R) + Sync),
) {
    if count <= most.max(tile) {
        return block(first, count, rows);
    }
    let half = count.div_ceil(2).next_multiple_of(tile);
    let (rows, others) = split(rows, half);
    rayon::join(
        || in_blocks((most, tile), (first, half), rows, split, block),
        || in_blocks((most, tile), (first + half, count - half), others, split, block),
    );
}

/// Below so many numbers a second thread costs more than it saves.
pub(crate) const ALONE: usize = 16 * 1024;

/// Runs `work` on rows of `width` numbers, several at a time on each thread; `work` gets the first row's number.
pub fn by_rows(values: &mut [f32], width: usize, work: &(dyn Fn(usize, &mut [f32]) + Sync)) {
    if values.len() < ALONE || width == 0 {
        return work(0, values);
    }
    let rows = (values.len() / width).div_ceil(2 * threads()).max(1);
    in_parts(Threads::All, [(values, rows * width)], &|part, [values]| work(part * rows, values));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_worked_on_once() {
        for (length, each) in [(0, 1), (1, 1), (1, 5), (10, 3), (12, 3), (1000, 1), (1000, 7)] {
            for threads in [Threads::One, Threads::All] {
                let (mut numbers, mut halves) = (vec![0.0; 2 * length], vec![0.0; length]);
                in_parts(threads, [(&mut numbers, 2 * each), (&mut halves, each)], &|place, parts| {
                    assert_eq!(parts[0].len(), 2 * parts[1].len());
                    parts.into_iter().flatten().for_each(|x| *x += place as f32 + 1.0);
                });
                assert!(numbers.iter().enumerate().all(|(i, &x)| x == (i / (2 * each)) as f32 + 1.0));
                assert!(halves.iter().enumerate().all(|(i, &x)| x == (i / each) as f32 + 1.0));
            }
        }
    }

    #[test]
    fn the_slice_with_the_fewest_parts_ends_it() {
        let (mut long, mut short) = ([0.0; 100], [0.0; 3]);
        in_parts(Threads::All, [(&mut long, 10), (&mut short, 1)], &|_, parts| {
            parts.into_iter().for_each(|part| part.fill(1.0));
        });
        assert_eq!((long.iter().sum::<f32>(), short), (30.0, [1.0; 3]));
    }
}
