//! What can be wrong with a table in a file.

use std::{io, path::PathBuf};

/// A table that can't be read: which file, where in it, and what was expected.
///
/// Lines are counted from 1 as an editor does, the header being part of the file. The text is one sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The file is absent or can't be read.
    #[error("can't read `{}`: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why the operating system refused.
        source: io::Error,
    },
    /// A byte sequence isn't UTF-8 text.
    #[error("`{}`, line {line}: this is not UTF-8 text", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The line with the first wrong byte.
        line: usize,
    },
    /// The file is empty, or has a header and nothing below it.
    #[error("`{}` has no rows", path.display())]
    NoRows {
        /// The file.
        path: PathBuf,
    },
    /// The header lacks a column.
    #[error(
        "`{}` has no column `{column}`; its columns are {}{}",
        path.display(), listed(columns), meant(nearest)
    )]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The column that was asked for.
        column: String,
        /// The columns that there are.
        columns: Vec<String>,
        /// The most similar of them, if one is similar.
        nearest: Option<String>,
    },
    /// The header names a wanted column twice.
    #[error("`{}` has two columns `{column}`", path.display())]
    RepeatedColumn {
        /// The file.
        path: PathBuf,
        /// The column's name.
        column: String,
    },
    /// A line has more or fewer cells than the header.
    #[error("`{}`, line {line}: the header has {expected} cells, but this line has {found}", path.display())]
    CellCount {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// Cells in the header.
        expected: usize,
        /// Cells in this line.
        found: usize,
    },
    /// Nothing stands in a cell.
    #[error("`{}`, line {line}: column `{column}` is empty", path.display())]
    EmptyCell {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// The column.
        column: String,
    },
    /// A cell that should be a number is something else.
    #[error("`{}`, line {line}: column `{column}` holds `{text}`, which is not a number", path.display())]
    NotANumber {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
    },
    /// A number is NaN, infinite or too large for an `f32`.
    #[error(
        "`{}`, line {line}: column `{column}` holds `{text}`, which is not a finite number in single precision",
        path.display()
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
    },
    /// A class is none of the known ones.
    #[error(
        "`{}`, line {line}: `{text}` is not a known class; the classes are {}{}",
        path.display(), listed(classes), meant(nearest)
    )]
    UnknownClass {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// What stands there.
        text: String,
        /// The known classes.
        classes: Vec<String>,
        /// The most similar of them, if one is similar.
        nearest: Option<String>,
    },
}

/// The name of `names` most similar to `wanted`, if any is similar enough to have been meant.
pub(super) fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let wanted = wanted.to_lowercase();
    names
        .into_iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(&wanted, &name.to_lowercase()), name))
        .filter(|(similarity, _)| *similarity >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name.to_owned())
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn meant(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!("; was `{name}` meant?")).unwrap_or_default()
}
