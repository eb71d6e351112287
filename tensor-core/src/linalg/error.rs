//! What can be wrong with a matrix, or with what is asked of it.

use std::path::PathBuf;

/// What can be wrong with a matrix, or with what is asked of it. Rows, columns and components count from 0.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinalgError {
    /// There is no number.
    #[error("a matrix of {rows} × {columns} has no numbers")]
    Empty {
        /// Rows that came.
        rows: usize,
        /// Columns that came.
        columns: usize,
    },
    /// Another count of numbers than the sizes say.
    #[error("a matrix of {rows} × {columns} has {} numbers, but {found} are given", rows.saturating_mul(*columns))]
    Count {
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
        /// Numbers that were given.
        found: usize,
    },
    /// A row is longer or shorter than the others.
    #[error("row {row} has {found} numbers, but {expected} are expected")]
    Ragged {
        /// The first such row.
        row: usize,
        /// Numbers that a row has.
        expected: usize,
        /// Numbers that this one has.
        found: usize,
    },
    /// Other sizes than the type says, or than another matrix asks for.
    #[error("a matrix of {} × {} is wanted, but this one is {} × {}", expected.0, expected.1, found.0, found.1)]
    Sizes {
        /// Rows and columns that are wanted.
        expected: (usize, usize),
        /// Rows and columns that came.
        found: (usize, usize),
    },
    /// A number is NaN or infinite.
    #[error("row {row}, column {column} is {value}: only finite numbers can be decomposed")]
    NotFinite {
        /// The first row with such a number.
        row: usize,
        /// Its first column with such a number.
        column: usize,
        /// The number.
        value: f64,
    },
    /// A matrix isn't its own transpose.
    #[error(
        "the matrix is not symmetric: row {row}, column {column} is {value}, but row {column}, column {row} is {mirrored}"
    )]
    NotSymmetric {
        /// The row.
        row: usize,
        /// The column.
        column: usize,
        /// What stands there.
        value: f64,
        /// What stands in the place mirrored at the diagonal.
        mirrored: f64,
    },
    /// More singular values, eigenvectors or components are asked for than there are, or none.
    #[error("{asked} are asked for, but there are from 1 to {most}")]
    Number {
        /// How many are asked for.
        asked: usize,
        /// How many there are.
        most: usize,
    },
    /// A share of variance is no share.
    #[error("a share of variance is above 0 and at most 1, but {share} is asked for")]
    Share {
        /// What was asked for.
        share: f64,
    },
    /// A tolerance is negative or no number.
    #[error("a tolerance is 0 or more, but {tolerance} is given")]
    Tolerance {
        /// What was given.
        tolerance: f64,
    },
    /// Too few rows to learn anything from.
    #[error("at least {needed} rows are needed, but there are {rows}")]
    TooFewRows {
        /// The least number.
        needed: usize,
        /// How many there are.
        rows: usize,
    },
    /// All rows are the same, so that there is no direction in which they vary.
    #[error("all {rows} rows are the same: there is no variance to explain")]
    Constant {
        /// How many rows there are.
        rows: usize,
    },
    /// The rows don't vary along a component, so that it can't be scaled to variance 1.
    #[error(
        "component {component} has no variance, so that it can't be scaled to 1: keep {component} components"
    )]
    NoVariance {
        /// The first such component.
        component: usize,
    },
    /// An iteration ended before it came near enough.
    #[error(
        "after {iterations} iterations the residual is {residual:.1e}, not yet {wanted:.1e}: allow more iterations, \
         or extra vectors"
    )]
    NotConverged {
        /// How many there were.
        iterations: usize,
        /// What was reached.
        residual: f64,
        /// What was wanted.
        wanted: f64,
    },
    /// The matrix's numbers are finite, but its products with vectors are not.
    #[error(
        "the matrix's numbers are so large that its products are not finite: divide it by the largest of them"
    )]
    Overflow,
    /// The decomposition's own iteration failed, which finite matrices hardly ever make it do.
    #[error("the {decomposition} did not converge")]
    Failed {
        /// Which one.
        decomposition: &'static str,
    },
    /// A file can't be read or written, or holds something else.
    #[error("can't {what} `{}`: {reason}", path.display())]
    File {
        /// "read" or "write".
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}
