use tensor_core::prelude::*;

attention! {
    pub struct Model: [seq, 8] -> [seq, 8] {
        heads: 4,
        kv_heads: 4,
        w_v: [8, 10],
    }
}

fn main() {}
