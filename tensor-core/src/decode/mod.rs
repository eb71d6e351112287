//! Decoding: running a network step by step, and choosing the next token.

mod cache;
mod on_host;
mod sample;

pub use cache::KvCache;
pub(crate) use cache::OTHER_SEQUENCE;
pub(crate) use on_host::OnHost;
pub use sample::{SampleError, Sampler};
