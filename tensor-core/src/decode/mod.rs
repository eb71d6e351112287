//! Decoding: running a network step by step, and choosing the next token.

mod cache;
mod sample;

pub use cache::KvCache;
pub use sample::{SampleError, Sampler};
