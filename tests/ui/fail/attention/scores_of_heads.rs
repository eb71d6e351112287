use tensor_core::prelude::*;

attention! {
    pub struct Model: [seq, 512] -> [seq, 512] {
        heads: 8,
        kv_heads: 4,
        w_k: [512, 512],
        w_v: [512, 256],
    }
}

fn main() {}
