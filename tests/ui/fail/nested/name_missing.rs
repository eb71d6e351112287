use tensor_core::prelude::*;

layer! {
    pub struct Block: [4] -> [4] {
        mix: linear(4),
    }
}

layer! {
    pub struct Net: [4] -> [4] {
        Block,
        [Block; 2],
    }
}

fn main() {}
