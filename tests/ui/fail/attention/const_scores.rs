use tensor_core::prelude::*;

const WIDTH: usize = 8;
const KEYS: usize = 6;

layer! {
    pub struct Head: [seq, WIDTH] -> [seq, 4] {
        attend: attention(4, w_q: [WIDTH, 4], w_k: [WIDTH, KEYS], w_v: [WIDTH, 4]),
    }
}

fn main() {}
