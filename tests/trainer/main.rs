//! The training kit: the same bits as by hand, what it measures and when it ends, and that nothing stops it for good.

mod checkpoints;
mod course;
mod killed;
mod nets;
mod same_bits;
#[path = "../support/mod.rs"]
mod support;
