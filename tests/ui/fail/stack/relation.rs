use tensor_core::prelude::*;

layer! {
    pub struct Block<const D: usize, const F: usize>: [D] -> [D]
    where F > D
    {
        up: linear(D -> F),
        gelu,
        down: linear(F -> D),
    }
}

layer! {
    pub struct Net: [8] -> [8] {
        blocks: [Block<8, 8>; 3],
    }
}

fn main() {}
