use tensor_core::prelude::*;

attention! {
    pub struct Model: [seq, 8] -> [seq, 8] {
        heads: 2,
        w_o: [8, 6],
    }
}

fn main() {}
