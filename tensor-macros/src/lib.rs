//! The `layer!` and `attention!` macros.
