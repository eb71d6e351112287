//! When a training goes wrong: where the first NaN or infinity arose, gradients that explode, and whether a network can learn
//! at all.
//!
//! [`explain`] repeats a pass and its way back, item by item, and tells where they stop being finite; [`explain_gradients`]
//! looks at gradients that are there. [`Norms`] warns of a
//! gradient that is far larger than those before. [`Overfit`] trains a copy on one batch, which every network that can learn
//! learns by heart.

mod norms;
mod overfit;
mod place;
mod statistics;
mod trace;

pub use norms::{Explosion, Norms};
pub use overfit::{Overfit, OverfitReport};
pub use place::{Anomaly, Place};
pub use statistics::Statistics;
pub use trace::{explain, explain_gradients, explain_parts};

/// What a training does about a step whose loss or gradients are not finite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnAnomaly {
    /// It stops, with the [`Anomaly`] as its error.
    #[default]
    Stop,
    /// It leaves the weights as they are, and goes on with the next batch.
    SkipStep,
}
