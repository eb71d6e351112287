use tensor_core::prelude::*;

layer! {
    pub struct Adapted: [4] -> [8] {
        up: linear(4 -> 16),
        tanh,
        adapted: lora(15 -> 8, rank: 2, alpha: 4),
    }
}

fn main() {}
