//! What runs a plan. *Composed* is the reference: it runs dfdx's ops, on any device and number type.

mod composed;
mod constant;
mod rows;
mod run;
mod side;

pub(crate) use composed::run;
pub(crate) use constant::Constant;
pub use rows::Enters;
pub(crate) use rows::{Ids, Rows, Value, enter, leave, place_of, reshape, typed_shape};
pub(crate) use run::Run;
pub use side::SideInput;

use dfdx::tensor::{Storage, Tape};

/// Whether a network trains (dropout is active) or is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In use: the same input gives the same output.
    Inference,
    /// In training.
    Training,
}

impl Mode {
    /// Training, where there is a tape.
    #[doc(hidden)]
    pub fn of<T: Tape<E, D>, E, D: Storage<E>>() -> Self {
        if T::OWNS_TAPE { Mode::Training } else { Mode::Inference }
    }
}
