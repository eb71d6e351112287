use tensor_core::prelude::*;

attention! {
    pub struct Model: [seq, 9] -> [seq, 9] {
        heads: 3,
        rope: 10_000.0,
    }
}

fn main() {}
