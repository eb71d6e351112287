use tensor_core::prelude::*;

layer! {
    pub struct Block: [seq, 8] -> [seq, 4] {
        inner: linear(4),
    }
}

layer! {
    pub struct Net: [8] -> [4] {
        block: Block,
    }
}

fn main() {}
