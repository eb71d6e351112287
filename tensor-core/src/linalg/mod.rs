//! Linear algebra on typed matrices (feature `linalg`): eigenvectors, principal components, singular values.
//!
//! The decompositions are [faer]'s, in `f64`, on all of rayon's threads; the sizes are proved by the compiler, and bad
//! numbers are errors that say where.
//!
//! # Which one to use
//! | question | answer |
//! |---|---|
//! | in which directions does a symmetric matrix only stretch? | [`SymmetricEigen`] |
//! | and only the few that it stretches most? | [`Dominant`](struct@Dominant), by power iteration |
//! | what does any square matrix do again and again? | [`Eigen`] |
//! | in which directions do my data vary? | [`Pca`](struct@Pca); larger than memory: [`Moments`] |
//! | what is a matrix made of, is it invertible, what solves least squares? | [`Svd`] |
//! | what is nearest to a matrix with fewer numbers? | [`LowRank`](struct@LowRank), also [randomised](LowRank::randomised) |
//!
//! # Sizes
//! [`Matrix<R, C>`](Matrix) has its sizes in its type. [`ANY`] stands for one that is known only when the program runs:
//! [`Rows<D>`](Rows) is any number of rows of `D` numbers. What the compiler can't compare, because a size is `ANY`, is
//! compared at run time and is a [`LinalgError`].
//!
//! That a matrix is square and that rows have the right width is said by `cargo check`. That no more components are
//! asked for than there are, is said by `cargo check` for [`Pca!`](macro@Pca), [`LowRank!`](macro@LowRank) and
//! [`Dominant!`](macro@Dominant), and by `cargo build` for the plain types.
//!
//! [faer]: https://docs.rs/faer

mod bridge;
mod eigen;
mod error;
mod matrix;
mod pca;
mod random;
mod sizes;
mod squares;
mod svd;

pub use eigen::{Complex64, Dominant, Eigen, PowerIteration, SymmetricEigen};
pub use error::LinalgError;
pub use matrix::{ANY, Axis, Matrix, Rows, Square};
pub use pca::{Moments, Pca, RowsOf};
#[doc(hidden)]
pub use sizes::{at_most, least};
pub use svd::{LowRank, Randomised, Svd, singular_values};

#[doc(inline)]
pub use crate::{__dominant as Dominant, __low_rank as LowRank, __pca as Pca};
