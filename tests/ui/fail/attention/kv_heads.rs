use tensor_core::prelude::*;

attention! {
    pub struct Model: [seq, 768] -> [seq, 768] {
        heads: 12,
        kv_heads: 5,
    }
}

fn main() {}
