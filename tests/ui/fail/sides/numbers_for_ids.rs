use tensor_core::prelude::*;

layer! {
    pub struct Block: (x: [n, 8], kinds: ids[n]) -> [n, 8] {
        kinds: embedding(2 -> 8, add: kinds),
    }
}

layer! {
    pub struct Model: (x: [n, 8], kinds: [n]) -> [n, 8] {
        block: Block,
    }
}

fn main() {}
