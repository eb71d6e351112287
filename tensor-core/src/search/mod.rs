//! Similarity of vectors, and exact search for the most similar ones (feature `search`).
//!
//! [`dot`], [`norm`] and [`cosine`] measure two vectors, [`pairwise_cosine`] all pairs of two sets; an [`Index`] holds rows
//! with a note each and finds the rows that are nearest to a query. The width stands in the types: a vector of another
//! width is a compile error.
//!
//! ```
//! use tensor_core::search::{Index, Metric, cosine};
//!
//! assert_eq!(cosine(&[3.0, 4.0], &[6.0, 8.0]), 1.0);
//! assert_eq!(cosine(&[1.0, 0.0], &[0.0, 2.0]), 0.0);
//!
//! let mut index = Index::<3>::new(Metric::Cosine);
//! index.push(&[1.0, 0.0, 0.0], "east")?;
//! index.push(&[0.0, 1.0, 0.0], "north")?;
//! index.push(&[1.0, 1.0, 0.0], "north-east")?;
//! let hits = index.search(&[2.0, 0.1, 0.0], 2)?;
//! assert_eq!([hits[0].note, hits[1].note], ["east", "north-east"]);
//! # Ok::<(), tensor_core::search::SearchError>(())
//! ```
//! ```compile_fail
//! # use tensor_core::search::{Index, Metric};
//! let index = Index::<3>::new(Metric::Cosine);
//! let hits = index.search(&[2.0, 0.1], 2); // vectors of 3 numbers are wanted here, but this is `&[f32; 2]`
//! ```

mod best;
mod error;
mod file;
mod find;
mod index;
mod measure;
mod stored;
#[cfg(test)]
mod tests;
mod vector;

pub use error::SearchError;
pub use index::{Hit, Index, Metric};
pub use measure::{cosine, dot, norm, pairwise_cosine};
pub use vector::{Vector, Vectors};
