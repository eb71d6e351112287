use tensor_core::prelude::*;

const DEPTH: usize = 2;

layer! {
    pub struct Block: [seq, 8] -> [seq, 4] {
        mix: linear(4),
    }
}

layer! {
    pub struct Net: [seq, 8] -> [seq, 8] {
        blocks: [Block; DEPTH],
    }
}

fn main() {}
