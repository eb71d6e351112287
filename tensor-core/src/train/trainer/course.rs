//! How far a training has come.

use super::history::History;
use super::means::Means;

/// Counts and measures of a training: what a checkpoint holds beside weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Course {
    /// Changes of the weights.
    pub(crate) step: u64,
    /// Whole passes over the data.
    pub(crate) epoch: u64,
    /// Batches dealt of the pass under way.
    pub(crate) batch: u64,
    /// Batches dealt in all.
    pub(crate) batches: u64,
    /// Groups of batches that were left out since something was not finite.
    pub(crate) skipped: u64,
    pub(crate) seconds: f64,
    /// Since the last record.
    pub(crate) recent: Means,
    /// Since the epoch began.
    pub(crate) of_epoch: Means,
    pub(crate) history: History,
    /// The step after which it was evaluated last.
    pub(crate) evaluated: Option<u64>,
    pub(crate) best: Option<Best>,
    /// Evaluations since the best.
    pub(crate) waited: u64,
    pub(crate) stopped: Option<Stopped>,
    /// What the schedule remembers.
    pub(crate) schedule: Vec<f64>,
}

/// The best state that was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Best {
    /// The step after which it was measured.
    pub step: u64,
    /// The measure.
    pub value: f64,
}

/// Why a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It did all that it was to do.
    Done,
    /// Nothing became better for long enough.
    NoImprovement,
    /// A callback asked for it.
    Asked,
}
