use tensor_core::prelude::*;

const HEADS: usize = 12;

layer! {
    pub struct Heads<const D: usize>: [D] -> [D] {
        split: linear(D -> D / HEADS),
    }
}

fn main() {}
