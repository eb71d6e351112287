use tensor_core::prelude::*;

layer! {
    pub struct Block: [8] -> [4] {
        mix: linear(4),
    }
}

layer! {
    pub struct Net: [8] -> [4] {
        blocks: [Block; 3],
    }
}

fn main() {}
