//! What can go wrong between processes.

use crate::Error;
use crate::optim::StateError;
use crate::train::PartError;

/// What can go wrong between the processes of a [`World`](super::World).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParallelError {
    /// MPI begins once in a process.
    #[error("MPI was started before in this process, and can't be started again")]
    AlreadyStarted,
    /// MPI may not be used from programs with threads.
    #[error("this MPI library can't be used by a program with threads")]
    Threads,
    /// A batch can't be shared out.
    #[error(transparent)]
    Part(#[from] PartError),
    /// The weights by which the ranks' gradients count don't make a mean.
    #[error(
        "the ranks' shares of the batch add up to {sum}, not to 1: give `Part::weight` of the batch's part"
    )]
    Weights {
        /// What they add up to.
        sum: f64,
    },
    /// Processes train different networks.
    #[error("rank {rank} has another network than rank 0: the sizes of their weights differ")]
    OtherNetwork {
        /// The first that differs.
        rank: usize,
    },
    /// A pass or a step failed.
    #[error(transparent)]
    Network(#[from] Error),
    /// An optimizer's state could not be brought together.
    #[error(transparent)]
    State(#[from] StateError),
}
