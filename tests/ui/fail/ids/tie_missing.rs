use tensor_core::prelude::*;

layer! {
    pub struct Model: ids[n] -> [n, 100] {
        tokens: embedding(100 -> 8),
        unembed(100),
    }
}

fn main() {}
