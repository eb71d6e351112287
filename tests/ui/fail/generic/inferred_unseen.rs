use tensor_core::prelude::*;

layer! {
    pub struct Block: [8] -> [4] {
        mix: linear(4),
    }
}

layer! {
    pub struct Net<const N: usize>: [8] -> [N] {
        block: Block,
        output: linear(N),
    }
}

fn main() {}
