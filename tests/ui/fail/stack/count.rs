use tensor_core::prelude::*;

layer! {
    pub struct Block: [4] -> [4] {
        mix: linear(4),
    }
}

layer! {
    pub struct Net: [4] -> [4] {
        a: [Block; 0],
        b: [Block; depth],
        c: [Block; "2"],
    }
}

fn main() {}
