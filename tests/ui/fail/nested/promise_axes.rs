use tensor_core::prelude::*;

layer! {
    pub struct Block: [seq, 8] -> [seq, 4] {
        inner: linear(4),
    }
}

layer! {
    pub struct Net: [n, 8] -> [n + 1, 4] {
        block: Block,
    }
}

fn main() {}
