//! What a training says of itself while it runs: named numbers at a step, written by sinks.

use std::path::PathBuf;

/// Named numbers of one moment of a training, such as `train/loss`, `train/learning_rate`, `validation/accuracy`.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r> {
    /// Optimizer steps done.
    pub step: u64,
    /// Passes over the training data, with the part of the one under way.
    pub epoch: f64,
    /// Seconds since the training began, those before a resume included.
    pub seconds: f64,
    /// Names, with the part before `/` as the group, and what was measured.
    pub values: &'r [(&'r str, f64)],
}

/// Takes what a training measures: a file, a chart, a report.
pub trait Sink {
    /// Takes one record; those of a run come in the order of their steps.
    ///
    /// # Errors
    /// If it can't be written.
    fn record(&mut self, record: &Record<'_>) -> Result<(), LogError>;

    /// Makes sure that all that was recorded is on the disk.
    ///
    /// # Errors
    /// If it can't be written.
    fn flush(&mut self) -> Result<(), LogError> {
        Ok(())
    }
}

/// A log that could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// A file could not be made or written.
    #[error("can't write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
