use tensor_core::prelude::*;

layer! {
    pub struct Block: [8] -> [4] {
        inner: linear(4),
    }
}

layer! {
    pub struct Net: [8] -> [3] {
        block: Block,
        relu,
        output: linear(5 -> 3),
    }
}

fn main() {}
