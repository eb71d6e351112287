use tensor_core::prelude::*;

layer! {
    pub struct Block: [8] -> [8] {
        residual {
            up: linear(8 -> 32),
            relu,
            down: linear(32 -> 16),
        },
    }
}

fn main() {}
