//! Eigenvalues and eigenvectors: A·v = λ·v.

mod general;
mod power;
mod symmetric;
#[cfg(test)]
mod tests;

pub use faer::c64 as Complex64;
pub use general::Eigen;
pub use power::{Dominant, PowerIteration};
pub use symmetric::SymmetricEigen;
use symmetric::check_symmetric;
pub(super) use symmetric::make_largest_positive;
