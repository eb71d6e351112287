//! Each mistake once, and none caused by another.

use tensor_core::prelude::*;

layer! {
    pub struct Deep: [4] -> [3] {
        first: linear(4 -> 16),
        relu,
        second: linear(15 -> 32),
        gelu,
        third: linear(31 -> 8),
        silu,
        output: linear(8 -> 2),
    }
}

fn main() {}
