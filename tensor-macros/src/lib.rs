//! The `layer!` and `attention!` macros.

#[allow(dead_code, unused_imports)] // until `check` and `expand` use them
mod dim;
