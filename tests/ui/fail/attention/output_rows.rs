use tensor_core::prelude::*;

attention! {
    pub struct Model: [seq, 8] -> [seq, 8] {
        heads: 2,
        w_v: [8, 4],
        w_o: [8, 8],
    }
}

fn main() {}
