//! What can stop a training.

use crate::train::checkpoint::CheckpointError;
use crate::train::{Anomaly, LogError};

/// What a closure of the user's may end with: any error, or a sentence.
pub type Fault = Box<dyn std::error::Error + Send + Sync>;

/// What stopped a training. Network, optimizer and counts are as they were after the last whole step, so that
/// [`fit`](super::Trainer::fit) can go on where the cause is gone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A pass, a loss or a change of weights failed.
    #[error("{source} (in step {step})")]
    Pass {
        /// The step, from 1.
        step: u64,
        /// Why.
        source: crate::Error,
    },
    /// A loss, or the norm of a step's gradients, is NaN or infinite. The weights were not changed by it.
    #[error("the {what} became {value} in step {step}: try a smaller learning rate{}", told(anomaly.as_deref()))]
    NotFinite {
        /// `loss`, or `norm of the gradients`.
        what: &'static str,
        /// What it became.
        value: f64,
        /// The step, from 1.
        step: u64,
        /// Where it came from, as far as the step could be repeated to see.
        anomaly: Option<Box<Anomaly>>,
    },
    /// A closure of the user's failed.
    #[error("{source}")]
    Yours {
        /// The step that was to come or under way, from 1.
        step: u64,
        /// Why.
        source: Fault,
    },
    /// A setting makes no sense.
    #[error("{0}")]
    Setting(String),
    /// The measure that decides which state is the best, or that the schedule watches, was not measured.
    #[error("nothing measured `{name}`; what was measured is {had}")]
    NoMeasure {
        /// Its name.
        name: String,
        /// The names of what was.
        had: String,
    },
    /// A checkpoint can't be written or taken up.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A log can't be written.
    #[error(transparent)]
    Log(#[from] LogError),
}

fn told(anomaly: Option<&Anomaly>) -> String {
    anomaly.map_or(String::new(), |anomaly| format!(" ({anomaly})"))
}

impl TrainError {
    /// The error that a closure ended with, as itself where it is one of ours.
    pub(super) fn of(fault: Fault, step: u64) -> Self {
        let fault = match fault.downcast::<TrainError>() {
            Ok(error) => return *error,
            Err(fault) => fault,
        };
        match fault.downcast::<crate::Error>() {
            Ok(source) => TrainError::Pass { step, source: *source },
            Err(source) => TrainError::Yours { step, source },
        }
    }
}
