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
    /// A side input does not have the axes that the network takes.
    #[error("the side input `{side}` of `{network}` takes {takes}, but was given {given}")]
    Side {
        /// The network.
        network: &'static str,
        /// The side input.
        side: &'static str,
        /// The axes that it must have beside the main input that came.
        takes: String,
        /// The axes that came.
        given: String,
    },
    /// A side input was not given.
    #[error("`{item}` needs the side input `{side}`, which was not given")]
    SideMissing {
        /// The item that needs it.
        item: &'static str,
        /// The side input.
        side: &'static str,
    },
    /// A network was given more side inputs, or fewer, than it declares.
    #[error("`{network}` takes {takes} side inputs, but was given {given}")]
    SideCount {
        /// The network.
        network: &'static str,
        /// How many it declares.
        takes: usize,
        /// How many came.
        given: usize,
    },
    /// A network was given no rows where something is to be made of them: of an empty sequence, or a batch to learn from.
    #[error("`{network}` needs at least one row, but was given {given}")]
    Empty {
        /// The network.
        network: &'static str,
        /// The axes that came.
        given: String,
    },
    /// An id is not in an embedding's vocabulary.
    #[error("`{item}` has {vocabulary} ids, from 0 to {}, but the id at {place:?} is {id}", vocabulary - 1)]
    Id {
        /// The embedding.
        item: &'static str,
        /// The id.
        id: usize,
        /// Where it stands in the ids.
        place: Vec<usize>,
        /// How many ids there are.
        vocabulary: usize,
    },
    /// A sequence is longer than what an item has positions for.
    #[error("`{item}` has {most} positions, but was given {given}")]
    TooLong {
        /// The item.
        item: &'static str,
        /// The positions that came, those of earlier steps included.
        given: usize,
        /// The positions that it has.
        most: usize,
    },
    /// A mask holds something else than 0 and 1.
    #[error(
        "a mask is 1 where a position counts and 0 elsewhere, but `{mask}` of `{item}` holds {value} at {place:?}"
    )]
    Mask {
        /// The item.
        item: &'static str,
        /// The mask.
        mask: &'static str,
        /// What it holds.
        value: String,
        /// Where.
        place: Vec<usize>,
    },
    /// A mask leaves nothing of a sequence.
    #[error("`{item}` has nothing to work on: `{mask}` leaves no position of sequence {sequence}")]
    AllMasked {
        /// The item.
        item: &'static str,
        /// The mask.
        mask: &'static str,
        /// Which of the sequences.
        sequence: usize,
    },
    /// A cache is full.
    #[error("the cache holds {capacity} positions: {length} are taken, so that {given} more don't fit")]
    CacheFull {
        /// Positions that it can hold.
        capacity: usize,
        /// Positions that it holds.
        length: usize,
        /// Positions that came.
        given: usize,
    },
    /// A cache goes on with another network or batch than it began with.
    #[error("the cache began with {began}, and can't go on with {given}; `clear` it first")]
    CacheChanged {
        /// What it began with.
        began: String,
        /// What came.
        given: String,
    },
    /// A network can't run step by step.
    #[error("`{item}` can't run step by step: {why}")]
    NotStepwise {
        /// The item that can't.
        item: &'static str,
        /// The reason.
        why: &'static str,
    },
    /// An optimizer goes on with another network than it began with.
    #[error("the optimizer remembers `{had}`, but the network has `{given}` there; begin with a new one")]
    OtherWeights {
        /// What it remembers.
        had: String,
        /// What came.
        given: String,
    },
    /// A setting of an optimizer is none that it can work with.
    #[error("the optimizer's `{setting}` is {value}, but it takes {takes}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        takes: &'static str,
    },
    /// There is not one label for each row.
    #[error("there are {rows} rows, but {labels} labels")]
    LabelCount {
        /// Rows of the network's output.
        rows: usize,
        /// Labels given.
        labels: usize,
    },
    /// A slice is not as long as it has to be.
    #[error("the {what} has {given} numbers, but its sizes make {expected}")]
    Length {
        /// Which one it is: the input, the output, or the name of a side input.
        what: &'static str,
        /// How many its sizes make.
        expected: usize,
        /// How many came.
        given: usize,
    },
    /// A network that can't work on slices: one with weights in another order than that of their axes.
    #[error("`{network}` has weights out of order; use `forward`, which takes tensors")]
    NotFrozen {
        /// The network.
        network: &'static str,
    },
    /// A target has not the shape of what it is compared with.
    #[error("the target has {numbers} numbers, {target}, but the network gave {given}")]
    Target {
        /// The target's sizes.
        target: String,
        /// Its numbers.
        numbers: usize,
        /// The numbers that the network gave.
        given: usize,
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
    /// A loss can't be made of what it was given.
    #[error(transparent)]
    Loss(#[from] crate::loss::LossError),
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
