use tensor_core::prelude::*;

layer! {
    pub struct Model: ids[n] -> [n, 100] {
        words: embedding(100 -> 8),
        unembed(100, tie: tokens),
        tokens: linear(100 -> 100),
    }
}

fn main() {}
