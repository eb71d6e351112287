use tensor_core::prelude::*;

layer! {
    pub struct Block: [4] -> [4] {
        mix: linear(4),
    }
}

layer! {
    pub struct Net: [4] -> [4] {
        a: [Block],
        b: [Block, 2],
        c: [Block; 2, 3],
    }
}

fn main() {}
