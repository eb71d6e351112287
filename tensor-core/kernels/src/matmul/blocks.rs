//! Rows of a product in blocks, one after another or side by side.

/// Rows of a product.
pub struct Rows<'r> {
    /// What comes out.
    pub product: &'r mut [f32],
    /// The same rows of what else is made of them.
    pub beside: [Part<'r>; 2],
}

/// Numbers, and how many of them a row has.
pub type Part<'r> = (&'r mut [f32], usize);

impl<'r> Rows<'r> {
    /// Of the product alone.
    pub fn of(product: &'r mut [f32]) -> Self {
        Rows { product, beside: [(&mut [], 0), (&mut [], 0)] }
    }

    /// The first `count` rows, and the others.
    pub(crate) fn split_at(self, count: usize, row_stride: usize) -> (Self, Self) {
        let (product, other_product) = self.product.split_at_mut(count * row_stride);
        let (beside, others) = split_parts(self.beside, count);
        (Rows { product, beside }, Rows { product: other_product, beside: others })
    }
}

/// The first `count` rows of each, and the others.
pub fn split_parts<const N: usize>(parts: [Part<'_>; N], count: usize) -> ([Part<'_>; N], [Part<'_>; N]) {
    let mut others = [const { None }; N];
    let mut other = others.iter_mut();
    let first = parts.map(|(numbers, width)| {
        let (numbers, rest) = numbers.split_at_mut(count * width);
        if let Some(other) = other.next() {
            *other = Some((rest, width));
        }
        (numbers, width)
    });
    (first, others.map(|part| part.unwrap_or((&mut [], 0))))
}

/// What is done to rows when they are there, with the number of the first.
pub type Finish<'f> = &'f (dyn Fn(usize, Rows<'_>) + Sync);

/// Blocks of `each` rows one after another.
pub(super) fn one_by_one(
    each: usize,
    count: usize,
    mut rows: Rows<'_>,
    row_stride: usize,
    block: &dyn Fn(usize, usize, Rows<'_>),
) {
    for first in (0..count).step_by(each) {
        if count - first <= each {
            return block(first, count - first, rows);
        }
        let (now, others) = rows.split_at(each, row_stride);
        block(first, each, now);
        rows = others;
    }
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
