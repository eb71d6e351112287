//! What runs a plan. *Composed* is the reference: it runs dfdx's ops, on any device and number type. *Fused* runs kernels
//! on slices, for `f32` on the CPU and the ops that it knows.

#[cfg(debug_assertions)]
use dfdx::tensor::{Cpu, NoneTape, OwnedTape};

mod composed;
mod constant;
pub(crate) mod fused;
mod rows;
mod run;
mod side;

pub(crate) use composed::run;
pub(crate) use constant::Constant;
pub use rows::Enters;
pub(crate) use rows::{Ids, Rows, Value, enter, leave, place_of, reshape, typed_shape};
pub(crate) use run::Run;
pub use side::{Inputs, SideInput};

/// Compiles the executor for CPUs here, once, and not in each crate that declares networks: without optimization rustc
/// uses what a dependency has compiled already. With optimization it would not, so nothing is compiled then.
#[cfg(debug_assertions)]
#[doc(hidden)]
pub fn compiled_once() -> [usize; 4] {
    type Pass<E, T> = fn(
        &crate::plan::Plan,
        Value<E, Cpu, T>,
        &mut crate::plan::Axes,
        &mut Run<'_, E, Cpu>,
    ) -> Result<Value<E, Cpu, T>, crate::Error>;
    let singles: (Pass<f32, NoneTape>, Pass<f32, OwnedTape<f32, Cpu>>) = (run, run);
    let doubles: (Pass<f64, NoneTape>, Pass<f64, OwnedTape<f64, Cpu>>) = (run, run);
    [singles.0 as usize, singles.1 as usize, doubles.0 as usize, doubles.1 as usize]
}

/// Whether a network trains (dropout is active) or is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In use: the same input gives the same output.
    Inference,
    /// In training.
    Training,
}
