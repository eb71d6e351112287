use tensor_core::prelude::*;

attention! {
    pub struct Cross: [seq, 768] -> [seq, 768] {
        heads: 12,
        context: [m, 512],
        w_k: [768, 768],
        w_v: [512, 768],
    }
}

fn main() {}
