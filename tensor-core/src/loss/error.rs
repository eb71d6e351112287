//! What can be wrong with what a loss compares.

/// A loss that can't be made of what it was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LossError {
    /// There is nothing to take a mean of.
    #[error("there are no rows to take the loss of")]
    NoRows,
    /// Two tensors that are compared have different axes.
    #[error("the {what} is {given:?}, but what the network gave is {expected:?}")]
    Shape {
        /// What is compared with the network's output.
        what: &'static str,
        /// Its sizes.
        given: Vec<usize>,
        /// Those of the output.
        expected: Vec<usize>,
    },
    /// A number that should be a probability is none.
    #[error("a target holds probabilities, from 0 to 1, but row {row} has {value} in column {column}")]
    Probability {
        /// The row.
        row: usize,
        /// The column.
        column: usize,
        /// What stands there.
        value: String,
    },
    /// The probabilities of a row are not one distribution.
    #[error("the probabilities of a row sum up to 1, but those of row {row} of the target to {sum}")]
    Sum {
        /// The row.
        row: usize,
        /// Their sum.
        sum: String,
    },
    /// There is not one weight for each class or column.
    #[error("there are {given} {what} weights, but {expected} columns")]
    WeightCount {
        /// `class` or `positive`.
        what: &'static str,
        /// Weights given.
        given: usize,
        /// Columns of the network's output.
        expected: usize,
    },
    /// A weight is negative or not finite.
    #[error("a {what} weight is finite and not negative, but that of column {column} is {value}")]
    Weight {
        /// `class` or `positive`.
        what: &'static str,
        /// The column.
        column: usize,
        /// The weight.
        value: String,
    },
    /// No row counts.
    #[error("none of the {rows} rows counts: each label is the one to ignore, or a class of weight 0")]
    AllIgnored {
        /// Rows.
        rows: usize,
    },
    /// A setting is outside of its range.
    #[error("{what} is {range}, not {value}")]
    Setting {
        /// The setting.
        what: &'static str,
        /// What it may be.
        range: &'static str,
        /// What it is.
        value: String,
    },
    /// There is not one flag for each pair of rows.
    #[error("there are {rows} pairs of rows, but {given} of them are said to be alike or not")]
    PairCount {
        /// Pairs.
        rows: usize,
        /// Flags.
        given: usize,
    },
    /// Rows that are pairs, the first half with the second, are odd in number.
    #[error("queries, then as many keys, are an even number of rows, not {rows}")]
    OddRows {
        /// Rows.
        rows: usize,
    },
}

impl LossError {
    /// That a setting is not within its range.
    pub(super) fn unless(
        fits: bool,
        what: &'static str,
        range: &'static str,
        value: f64,
    ) -> Result<(), LossError> {
        if fits { Ok(()) } else { Err(LossError::Setting { what, range, value: value.to_string() }) }
    }

    /// That there is a weight, finite and not negative, for each column.
    pub(super) fn unless_weights(
        what: &'static str,
        weights: &[f64],
        expected: usize,
    ) -> Result<(), LossError> {
        if weights.len() != expected {
            return Err(LossError::WeightCount { what, given: weights.len(), expected });
        }
        match weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
            Some(column) => Err(LossError::Weight { what, column, value: weights[column].to_string() }),
            None => Ok(()),
        }
    }
}
