//! What declared networks do at run time.

#![allow(dead_code)] // a network has more methods than a test calls

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
