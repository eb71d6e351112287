//! What a training says of itself while it runs: named numbers at a step, written by sinks.

#[cfg(feature = "plot")]
mod curves;
mod json_lines;
mod line;
#[cfg(any(feature = "plot", feature = "report"))]
mod measures;
mod records;
mod tensorboard;

use std::{io, path::PathBuf};

#[cfg(feature = "plot")]
pub use curves::Curves;
pub use json_lines::JsonLines;
#[cfg(any(feature = "plot", feature = "report"))]
pub(crate) use measures::measures;
#[cfg(feature = "report")]
pub(crate) use measures::{Measure, parts};
pub use records::{Measured, Records};
pub use tensorboard::TensorBoard;

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

    /// The training goes on from a checkpoint at `step`: what is kept of later steps comes from a run that was cut short, and
    /// is dropped, since those steps come again.
    ///
    /// Nobody has to call it: a sink that finds an earlier run's records drops those from the step of the first new one on.
    ///
    /// # Errors
    /// If what is kept can't be read or cut.
    fn resume(&mut self, step: u64) -> Result<(), LogError> {
        let _ = step;
        Ok(())
    }

    /// Makes sure that all that was recorded is on the disk.
    ///
    /// # Errors
    /// If it can't be written.
    fn flush(&mut self) -> Result<(), LogError> {
        Ok(())
    }
}

/// A sink that is lent.
impl<S: Sink + ?Sized> Sink for &mut S {
    fn record(&mut self, record: &Record<'_>) -> Result<(), LogError> {
        (**self).record(record)
    }

    fn resume(&mut self, step: u64) -> Result<(), LogError> {
        (**self).resume(step)
    }

    fn flush(&mut self) -> Result<(), LogError> {
        (**self).flush()
    }
}

impl<S: Sink + ?Sized> Sink for Box<S> {
    fn record(&mut self, record: &Record<'_>) -> Result<(), LogError> {
        (**self).record(record)
    }

    fn resume(&mut self, step: u64) -> Result<(), LogError> {
        (**self).resume(step)
    }

    fn flush(&mut self) -> Result<(), LogError> {
        (**self).flush()
    }
}

/// A log that could not be written, or read again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// A file could not be made or written.
    #[error("can't write `{}`: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of an earlier run could not be read.
    #[error("can't read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds what no log wrote.
    #[error("`{}` is no log of a training: line {line}: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A value has the name of what each line has.
    #[error(
        "a value can't be called `{name}`: each line has that; put a group before it, as in `train/{name}`"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// A chart could not be drawn.
    #[cfg(feature = "plot")]
    #[error(transparent)]
    Draw(#[from] super::PlotError),
}
