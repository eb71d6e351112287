use tensor_core::prelude::*;

layer! {
    pub struct Block: [8] -> [8] {
        mix: linear(8),
    }
}

layer! {
    pub struct Net: [4] -> [8] {
        up: linear(9),
        blocks: [Block; 3],
    }
}

fn main() {}
