//! What surrounds the training of a network: measures, schedules, progress (feature `progress`), curves (feature `plot`).

mod log;
mod metric;
mod number;
#[cfg(feature = "plot")]
pub(crate) mod plot;
#[cfg(feature = "progress")]
mod progress;
mod report;
mod schedule;

#[cfg(feature = "plot")]
pub use log::Curves;
pub use log::{JsonLines, LogError, Measured, Record, Records, Sink, TensorBoard};
pub use metric::{ConfusionMatrix, accuracy, argmax};
#[cfg(feature = "plot")]
pub use plot::{Chart, Pictures, PlotError};
#[cfg(feature = "progress")]
pub use progress::Progress;
pub use report::{Report, ReportError};
pub use schedule::{Constant, Cosine, OneCycle, Plateau, Schedule, StepDecay, Warmup, WarmupCosine};
