//! What runs a plan. *Composed* is the reference: it runs dfdx's ops, on any device and number type.

mod composed;
mod rows;

pub(crate) use composed::run;
pub(crate) use rows::{Rows, enter, leave, reshape, typed_shape};

/// Whether a network trains (dropout is active) or is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In use: the same input gives the same output.
    Inference,
    /// In training.
    Training,
}
