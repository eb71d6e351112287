//! What surrounds the training of a network: measures, progress (feature `progress`), curves (feature `plot`).

mod metric;
#[cfg(feature = "plot")]
mod plot;
#[cfg(feature = "progress")]
mod progress;

pub use metric::{ConfusionMatrix, accuracy, argmax};
#[cfg(feature = "plot")]
pub use plot::{Chart, Pictures, PlotError};
#[cfg(feature = "progress")]
pub use progress::Progress;
