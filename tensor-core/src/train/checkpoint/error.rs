//! Why a checkpoint could not be written or taken up.

use std::path::PathBuf;

use crate::io::{LoadError, SaveError};
use crate::optim::StateError;

/// Why a checkpoint could not be written or taken up. The training is as it was before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The folder can't be made or listed.
    #[error("can't use the folder `{}` for checkpoints: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file can't be written, for example since the disk is full. The checkpoints before are whole.
    #[error("can't write the checkpoint `{}`: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file can't be read.
    #[error("can't read the checkpoint `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not whole, or not what was written.
    #[error("the checkpoint `{}` is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How it shows.
        reason: String,
    },
    /// There are checkpoints, and none is whole.
    #[error("all {} checkpoints in `{}` are damaged; remove them to begin anew. The newest: {}", reasons.len(),
            path.display(), reasons.first().map_or("", |reason| reason))]
    NoneWhole {
        /// The folder.
        path: PathBuf,
        /// What is wrong with each, the newest first.
        reasons: Vec<String>,
    },
    /// A checkpoint is one of another network.
    #[error("the checkpoint `{}` is of another network: {source}", path.display())]
    Network {
        /// The file.
        path: PathBuf,
        /// All that differs.
        source: Box<LoadError>,
    },
    /// A checkpoint is one of another optimizer.
    #[error("the checkpoint `{}`: {source}", path.display())]
    Optimizer {
        /// The file.
        path: PathBuf,
        /// What differs.
        source: StateError,
    },
    /// A checkpoint is one of a training with other settings, which would not go on as it would have.
    #[error("the checkpoint `{}` is of a training with {what} {had}, but this one has {given}", path.display())]
    OtherTraining {
        /// The file.
        path: PathBuf,
        /// The setting.
        what: &'static str,
        /// The checkpoint's.
        had: String,
        /// That of this training.
        given: String,
    },
    /// The network can't be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// The optimizer can't be saved.
    #[error(transparent)]
    SaveOptimizer(StateError),
    /// The device failed.
    #[error(transparent)]
    Device(#[from] crate::Error),
}
