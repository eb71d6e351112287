use tensor_core::prelude::*;

layer! {
    pub struct Block: [8] -> [4] {
        inner: linear(4),
    }
}

layer! {
    pub struct Net: [9] -> [4] {
        block: Block,
    }
}

fn main() {}
