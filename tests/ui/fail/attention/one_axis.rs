use tensor_core::prelude::*;

attention! {
    pub struct Model: [8] -> [8] {
        heads: 2,
    }
}

fn main() {}
