#![deny(deprecated)]

use tensor_core::prelude::*;

layer! {
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 8),
        output: linear(8 -> 3),
    }
}

fn main() {}
