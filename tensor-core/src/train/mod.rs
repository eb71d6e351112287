//! What surrounds the training of a network: measures, schedules, progress (feature `progress`), curves (feature `plot`).

mod log;
mod metric;
mod part;
#[cfg(feature = "plot")]
pub(crate) mod plot;
#[cfg(feature = "progress")]
mod progress;
mod schedule;

pub use log::{LogError, Record, Sink};
pub use metric::{ConfusionMatrix, accuracy, argmax};
pub use part::{Part, PartError};
#[cfg(feature = "plot")]
pub use plot::{Chart, Pictures, PlotError};
#[cfg(feature = "progress")]
pub use progress::Progress;
pub use schedule::{Constant, Cosine, OneCycle, Plateau, Schedule, StepDecay, Warmup, WarmupCosine};
