//! Losses over rows, and their gradients.

mod classes;
mod contrastive;
mod cosine;
mod pointwise;

pub(crate) use classes::{Classes, cross_entropy, soft_cross_entropy, weighted_cross_entropy};
pub(crate) use contrastive::{Pairs, info_nce};
pub(crate) use cosine::{TINY, cosine_embedding};
pub(crate) use pointwise::{Absolute, Divergence, Huber, Pointwise, Squares, binary, sum_of};
