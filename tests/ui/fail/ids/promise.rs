use tensor_core::prelude::*;

layer! {
    pub struct Model: ids[n] -> [n, 9] {
        tokens: embedding(100 -> 8),
    }
}

fn main() {}
