//! Rows of a product, and what is made of them.

use crate::parts::{Part, split_parts};

/// Rows of a product.
pub struct Rows<'r> {
    /// What comes out.
    pub product: &'r mut [f32],
    /// The same rows of what else is made of them.
    pub beside: [Part<'r>; 2],
}

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
