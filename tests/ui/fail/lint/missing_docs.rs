//! A documented network has no undocumented part; only the function is reported.
#![deny(missing_docs)]

use tensor_core::prelude::*;

layer! {
    /// A documented network.
    pub struct TwoLayer<const D: usize>: [4] -> [D] {
        /// A documented item.
        hidden: linear(4 -> 8),
        relu,
        output: linear(8 -> D),
    }
}

pub fn undocumented() {}

fn main() {}
