//! What a training says of itself while it runs: named numbers at a step, written by sinks.

#[cfg(feature = "plot")]
mod curves;
mod json_lines;
mod line;
mod records;
mod tensorboard;

use std::{io, path::PathBuf};

#[cfg(feature = "plot")]
pub use curves::Curves;
pub use json_lines::JsonLines;
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

/// The group and the measure of a name: `train` and `loss` of `train/loss`.
pub(crate) fn parts(name: &str) -> (&str, &str) {
    name.split_once('/').unwrap_or(("", name))
}

/// What several groups measured, or one: `loss` of `train/loss` and `validation/loss`.
pub(crate) struct Measure<'n> {
    pub(crate) name: &'n str,
    /// The groups, and the full names.
    pub(crate) curves: Vec<(&'n str, &'n str)>,
}

/// What was measured under these names, each with the groups that measured it, in the order in which they come.
pub(crate) fn measures<'n>(names: impl Iterator<Item = &'n str>) -> Vec<Measure<'n>> {
    let mut measures: Vec<Measure<'n>> = Vec::new();
    for full in names {
        let (group, name) = parts(full);
        match measures.iter_mut().find(|measure| measure.name == name) {
            Some(measure) => measure.curves.push((group, full)),
            None => measures.push(Measure { name, curves: vec![(group, full)] }),
        }
    }
    measures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_joins_the_groups_that_took_it() {
        let measures = measures(["train/loss", "train/rate", "validation/loss", "pace"].into_iter());
        let measures: Vec<_> = measures.into_iter().map(|measure| (measure.name, measure.curves)).collect();
        assert_eq!(
            measures,
            [
                ("loss", vec![("train", "train/loss"), ("validation", "validation/loss")]),
                ("rate", vec![("train", "train/rate")]),
                ("pace", vec![("", "pace")]),
            ]
        );
    }
}
