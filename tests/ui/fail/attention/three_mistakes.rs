use tensor_core::prelude::*;

attention! {
    pub struct Model: [seq, 10] -> [seq, 10] {
        heads: 3,
        mask: windo(2),
        dropout: 2,
    }
}

fn main() {}
