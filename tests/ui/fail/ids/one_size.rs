use tensor_core::prelude::*;

layer! {
    pub struct Model: ids[n] -> [n, 8] {
        tokens: embedding(8),
    }
}

fn main() {}
