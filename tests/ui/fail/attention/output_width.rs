use tensor_core::prelude::*;

attention! {
    pub struct Head: [seq, 8] -> [seq, 5] {
        w_q: [8, 4],
        w_k: [8, 4],
        w_v: [8, 4],
    }
}

fn main() {}
