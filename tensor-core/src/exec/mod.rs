//! What runs a plan. *Composed* is the reference: it runs dfdx's ops, on any device and number type.

mod composed;
mod value;

pub(crate) use composed::run;
pub use value::Value;
pub(crate) use value::{Rows, typed_shape};

/// Whether a network trains (dropout is active) or is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In use: the same input gives the same output.
    Inference,
    /// In training.
    Training,
}
