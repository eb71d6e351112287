use tensor_core::prelude::*;

layer! {
    pub struct Net: [n, 8] -> [n, 3] {
        a: linear(8 -> 8),
        relu,
        b: linear(8 -> 8, rename: "a"),
        tanh,
        c: linear(8 -> 8, rename: "d"),
        d: layer_norm,
        e: attention(heads: 2, rename: "d"), // its weights are `d.w_q.weight` and so on
        f: linear(8 -> 3),
    }
}

fn main() {}
