//! The training of a network: measures, schedules and seeds; by the feature `trainer` its loop, checkpoints, logs, and what to
//! do when it goes wrong; its progress (feature `progress`), curves (feature `plot`) and reports (feature `report`), each of
//! which brings the loop along.

#[cfg(feature = "trainer")]
mod anomaly;
#[cfg(feature = "trainer")]
mod checkpoint;
#[cfg(feature = "trainer")]
mod log;
mod metric;
#[cfg(any(feature = "progress", feature = "report"))]
mod number;
#[cfg(feature = "trainer")]
mod part;
#[cfg(feature = "plot")]
pub(crate) mod plot;
#[cfg(feature = "progress")]
mod progress;
#[cfg(feature = "report")]
mod report;
mod schedule;
#[cfg(feature = "trainer")]
mod trainer;

#[cfg(feature = "trainer")]
pub use anomaly::{
    Anomaly, Explosion, Norms, OnAnomaly, Overfit, OverfitReport, Place, Statistics, explain,
    explain_gradients, explain_parts,
};
#[cfg(feature = "trainer")]
pub use checkpoint::{CheckpointError, Checkpoints};
#[cfg(feature = "plot")]
pub use log::Curves;
#[cfg(feature = "trainer")]
pub use log::{JsonLines, LogError, Measured, Record, Records, Sink, TensorBoard};
pub use metric::{ByClass, ConfusionMatrix, Mean, Running, accuracy, argmax, perplexity, top_k_accuracy};
#[cfg(feature = "trainer")]
pub use part::{Part, PartError};
#[cfg(feature = "plot")]
pub use plot::{Chart, Pictures, PlotError};
#[cfg(feature = "progress")]
pub use progress::Progress;
#[cfg(feature = "report")]
pub use report::{Report, ReportError};
pub use schedule::{Constant, Cosine, OneCycle, Plateau, Schedule, StepDecay, Warmup, WarmupCosine};
#[cfg(feature = "mpi")]
pub(crate) use trainer::Ranks;
#[cfg(feature = "trainer")]
pub use trainer::{
    Best, ByEpochs, Every, Fault, Goal, History, Look, Moment, Outcome, Source, Step, Stopped, TrainError,
    Trainer,
};

pub use crate::exec::random::{seeded, step_seed};
