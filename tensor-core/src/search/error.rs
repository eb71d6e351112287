//! What can be wrong with vectors and files of them.

use std::io;
use std::path::PathBuf;

/// Why a row was not taken, a query not answered, or a file not read or written.
///
/// ```
/// use tensor_core::search::{Index, Metric, SearchError};
///
/// let mut index = Index::<2>::new(Metric::Dot);
/// let error = index.push(&[1.0, f32::NAN], "broken").unwrap_err();
/// assert_eq!(error.to_string(), "row 0 has NaN at place 1, where a finite number is wanted");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// A row or a query has a number that is NaN or infinite.
    #[error("{what} {number} has {value} at place {place}, where a finite number is wanted")]
    NotFinite {
        /// "row" or "query".
        what: &'static str,
        /// Which one, from 0.
        number: usize,
        /// Where in it, from 0.
        place: usize,
        /// What is there.
        value: f32,
    },
    /// Not as many notes as rows.
    #[error("{rows} rows need a note each, but {notes} notes are given")]
    Notes {
        /// Rows that were given.
        rows: usize,
        /// Notes that were given.
        notes: usize,
    },
    /// The operating system refused to read or write a file.
    #[error("can't {what} `{}`: {source}", path.display())]
    Io {
        /// "read" or "write".
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file that no index wrote, or not all of one.
    #[error("`{}` is not a whole index: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// An index of vectors of another width.
    #[error("`{}` holds vectors of {found} numbers, where {expected} are wanted", path.display())]
    Width {
        /// The file.
        path: PathBuf,
        /// The index's `D`.
        expected: usize,
        /// The file's.
        found: usize,
    },
}
