use tensor_core::prelude::*;

layer! {
    pub struct Model: ids[n] -> [n, 101] {
        tokens: embedding(100 -> 8),
        unembed(101, tie: tokens),
    }
}

fn main() {}
