use tensor_core::prelude::*;

attention! {
    pub struct Model: [8, seq] -> [8, seq] {
        heads: 2,
    }
}

fn main() {}
