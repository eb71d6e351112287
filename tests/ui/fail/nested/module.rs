use tensor_core::prelude::*;

pub mod blocks {
    tensor_core::layer! {
        pub struct Block: [8] -> [8] {
            inner: linear(8),
        }
    }
}

layer! {
    pub struct Net: [4] -> [8] {
        up: linear(4 -> 6),
        block: crate::blocks::Block,
    }
}

fn main() {}
