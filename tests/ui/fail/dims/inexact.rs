use tensor_core::prelude::*;

layer! {
    pub struct Heads: [512] -> [512] {
        split: linear(512 -> 512 / 12),
        relu,
        mix: linear(512),
    }
}

fn main() {}
