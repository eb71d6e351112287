use tensor_core::prelude::*;

layer! {
    pub struct Block<const A: usize, const B: usize>: [A] -> [B] {
        mix: linear(A -> B),
    }
}

layer! {
    pub struct Net: [4] -> [4] {
        block: Block<4>,
    }
}

fn main() {}
