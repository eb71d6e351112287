//! What declared networks do at run time.

#![allow(dead_code, clippy::type_complexity)] // of the methods that a declaration gets

mod axes;
mod dropout;
mod init;
mod nets;
mod plan;
mod sharing;
mod state;
mod summary;
#[path = "../support/mod.rs"]
mod support;
mod training;
mod values;
