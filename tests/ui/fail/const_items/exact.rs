use tensor_core::prelude::*;

const WIDTH: usize = 100;
const HEADS: usize = 12;

layer! {
    pub struct Heads: [WIDTH] -> [8] {
        split: linear(WIDTH / HEADS),
        relu,
        mix: linear(8),
    }
}

fn main() {}
