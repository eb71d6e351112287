use tensor_core::prelude::*;

layer! {
    pub struct Block: [8] -> [4] {
        inner: linear(4),
    }
}

layer! {
    pub struct Net: [4] -> [4] {
        up: linear(4 -> 9),
        relu,
        block: Block,
    }
}

fn main() {}
