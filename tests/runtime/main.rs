//! What declared networks do at run time.

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
