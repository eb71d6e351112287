//! Neural networks whose shapes are proved by the compiler.
extern crate self as tensor_core;

#[cfg(feature = "data")]
pub mod data;
pub mod train;
