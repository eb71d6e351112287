//! Neural networks whose shapes are proved by the compiler.
extern crate self as tensor_core;

#[cfg(feature = "data")]
pub mod data;
pub mod error;
pub mod exec;
pub mod gradcheck;
pub mod io;
pub mod keywords;
pub mod layer;
pub mod ops;
pub mod param;
pub mod plan;
pub mod prelude;
pub mod shape;
pub mod stack;
pub mod train;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use error::Error;
pub use tensor_macros::{assert_layer, layer};
