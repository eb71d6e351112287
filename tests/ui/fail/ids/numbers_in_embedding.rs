use tensor_core::prelude::*;

layer! {
    pub struct Model: [n, 4] -> [n, 8] {
        tokens: embedding(100 -> 8),
    }
}

fn main() {}
