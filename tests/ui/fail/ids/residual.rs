use tensor_core::prelude::*;

layer! {
    pub struct Model: ids[n] -> [n, 8] {
        residual { tokens: embedding(100 -> 8) },
    }
}

fn main() {}
