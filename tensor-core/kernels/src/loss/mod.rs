//! Losses over rows, and their gradients.

mod classes;
mod contrastive;
mod cosine;
mod pointwise;

pub use classes::{Classes, cross_entropy, soft_cross_entropy, weighted_cross_entropy};
pub use contrastive::{Pairs, info_nce};
pub use cosine::{TINY, cosine_embedding};
pub use pointwise::{Absolute, Divergence, Huber, Pointwise, Squares, binary, sum_of};
