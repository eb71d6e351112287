//! Decoding: running a network step by step, and choosing the next token.

mod cache;

pub use cache::KvCache;
