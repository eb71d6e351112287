//! What runs a plan. *Composed* is the reference: it runs dfdx's ops, on any device and number type. *Fused* runs
//! kernels on slices: every op, for `f32` on the CPU.

#[cfg(debug_assertions)]
use dfdx::prelude::{Cpu, Device, NoneTape, OwnedTape};

mod composed;
mod constant;
pub(crate) mod fused;
pub(crate) mod random;
mod rows;
mod run;
mod side;
mod watch;

pub use composed::Composes;
#[cfg(any(debug_assertions, test, feature = "trainer"))]
pub(crate) use composed::run;
pub(crate) use constant::Constant;
pub use rows::Enters;
pub(crate) use rows::{
    Ids, Rows, Value, enter, leave, less_largest, log_softmax, place_of, reshape, typed_shape,
};
pub(crate) use run::Run;
pub(crate) use side::SideAt;
pub use side::{Inputs, SideInput};
pub(crate) use watch::{Part, Watch};

/// Compiles the executors for CPUs here, once, and not in each crate that declares networks: without optimization rustc
/// uses what a dependency has compiled already. With optimization it would not, so nothing is compiled then.
#[cfg(debug_assertions)]
#[doc(hidden)]
pub fn compiled_once() -> [[*const (); 4]; 2] {
    [executors::<f32>(), executors::<f64>()]
}

#[cfg(debug_assertions)]
fn executors<E: crate::param::Element>() -> [*const (); 4]
where
    Cpu: Device<E>,
{
    [
        run::<E, Cpu, NoneTape> as *const (),
        run::<E, Cpu, OwnedTape<E, Cpu>> as *const (),
        fused::run::<E, Cpu, NoneTape> as *const (),
        fused::run::<E, Cpu, OwnedTape<E, Cpu>> as *const (),
    ]
}

/// Whether a network trains (dropout is active) or is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In use: the same input gives the same output.
    Inference,
    /// In training.
    Training,
}
