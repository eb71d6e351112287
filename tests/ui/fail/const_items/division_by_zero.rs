use tensor_core::prelude::*;

const HEADS: usize = 0;

layer! {
    pub struct Heads: [8] -> [8] {
        split: linear(8 -> 64 / HEADS),
        relu,
        mix: linear(8),
    }
}

fn main() {}
