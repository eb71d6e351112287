//! The training of a network: its loop, checkpoints, measures, schedules, progress (feature `progress`), curves (feature
//! `plot`).

mod checkpoint;
mod log;
mod metric;
mod part;
#[cfg(feature = "plot")]
pub(crate) mod plot;
#[cfg(feature = "progress")]
mod progress;
mod schedule;
mod trainer;

pub use checkpoint::{CheckpointError, Checkpoints};
pub use log::{LogError, Record, Sink};
pub use metric::{ConfusionMatrix, accuracy, argmax};
pub use part::{Part, PartError};
#[cfg(feature = "plot")]
pub use plot::{Chart, Pictures, PlotError};
#[cfg(feature = "progress")]
pub use progress::Progress;
pub use schedule::{Constant, Cosine, OneCycle, Plateau, Schedule, StepDecay, Warmup, WarmupCosine};
#[cfg(feature = "mpi")]
pub(crate) use trainer::Ranks;
pub use trainer::{
    Best, Every, Fault, Goal, History, Look, Moment, Outcome, Source, Step, Stopped, TrainError, Trainer,
};

pub use crate::exec::random::{seeded, step_seed};
