use tensor_core::prelude::*;

layer! {
    pub struct Heads: [8] -> [8] {
        split: linear(8 -> 8 / 0),
        relu,
        mix: linear(8),
    }
}

fn main() {}
