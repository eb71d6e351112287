//! What runs a plan. *Composed* is the reference: it runs dfdx's ops, on any device and number type.

use dfdx::tensor::{Cpu, NoneTape, OwnedTape};

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
pub use side::{Inputs, SideInput};

/// Compiles the executor for the usual number type and device here, once, and not in each crate that declares networks:
/// without optimization rustc uses what a dependency has compiled already.
#[doc(hidden)]
pub fn compiled_once() -> [usize; 2] {
    type Pass<T> = fn(
        &crate::plan::Plan,
        Value<f32, Cpu, T>,
        &mut crate::plan::Axes,
        &mut Run<'_, f32, Cpu>,
    ) -> Result<Value<f32, Cpu, T>, crate::Error>;
    let (used, trained): (Pass<NoneTape>, Pass<OwnedTape<f32, Cpu>>) = (run, run);
    [used as usize, trained as usize]
}

/// Whether a network trains (dropout is active) or is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In use: the same input gives the same output.
    Inference,
    /// In training.
    Training,
}
