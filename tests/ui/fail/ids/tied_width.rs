use tensor_core::prelude::*;

layer! {
    pub struct Model: ids[n] -> [n, 100] {
        tokens: embedding(100 -> 8),
        up: linear(8 -> 16),
        unembed(100, tie: tokens),
    }
}

fn main() {}
