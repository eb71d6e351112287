//! What surrounds the training of a network: measures, schedules, progress (feature `progress`), curves (feature `plot`), and
//! what to do when it goes wrong.

mod anomaly;
mod log;
mod metric;
#[cfg(feature = "plot")]
pub(crate) mod plot;
#[cfg(feature = "progress")]
mod progress;
mod schedule;

pub use anomaly::{
    Anomaly, Explosion, Norms, OnAnomaly, Overfit, OverfitReport, Place, Statistics, explain,
    explain_gradients, explain_parts,
};
pub use log::{LogError, Record, Sink};
pub use metric::{ByClass, ConfusionMatrix, Mean, Running, accuracy, argmax, perplexity, top_k_accuracy};
#[cfg(feature = "plot")]
pub use plot::{Chart, Pictures, PlotError};
#[cfg(feature = "progress")]
pub use progress::Progress;
pub use schedule::{Constant, Cosine, OneCycle, Plateau, Schedule, StepDecay, Warmup, WarmupCosine};
