//! What a generic network can't know of the networks in it shows up where it is used.

use tensor_core::prelude::*;

layer! {
    pub struct Block: [8] -> [8] {
        mix: linear(8),
    }
}

layer! {
    pub struct Generic<const N: usize>: [N] -> [8] {
        block: Block,
    }
}

layer! {
    pub struct Net: [9] -> [8] {
        generic: Generic<9>,
    }
}

fn main() {}
