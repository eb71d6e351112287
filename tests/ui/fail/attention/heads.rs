use tensor_core::prelude::*;

attention! {
    pub struct Model: [seq, 512] -> [seq, 512] {
        heads: 12,
    }
}

fn main() {}
