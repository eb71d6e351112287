//! What can go wrong when a network runs.

use crate::plan::Axes;

/// What can go wrong when a network runs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A tensor does not have the axes that the network takes.
    #[error("`{network}` takes axes that end in {takes}, but was given {given}")]
    Axes {
        /// The network.
        network: &'static str,
        /// The axes it declares.
        takes: String,
        /// The axes that came.
        given: String,
    },
    /// There is not one label for each row.
    #[error("there are {rows} rows, but {labels} labels")]
    LabelCount {
        /// Rows of the network's output.
        rows: usize,
        /// Labels given.
        labels: usize,
    },
    /// A label is no class.
    #[error("the label of row {row} is {label}, but there are {classes} classes, from 0 to {}", classes - 1)]
    Label {
        /// The row.
        row: usize,
        /// Its label.
        label: usize,
        /// How many classes there are.
        classes: usize,
    },
    /// The device could not do its work, for example for lack of memory.
    #[error("the device failed: {0}")]
    Device(String),
}

impl Error {
    /// An error of dfdx's device.
    pub(crate) fn device(error: impl std::fmt::Debug) -> Self {
        Error::Device(format!("{error:?}"))
    }

    pub(crate) fn axes(network: &'static str, takes: &Axes, given: &Axes) -> Self {
        Error::Axes { network, takes: takes.to_string(), given: given.to_string() }
    }
}
