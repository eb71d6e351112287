use tensor_core::prelude::*;

layer! {
    pub struct Wide<const D: usize>: [n, D] -> [n + 1, D] {
        up: linear(D -> 2 * D),
        norm: layer_norm,
        class: class_token,
        attend: attention(heads: 1),
        down: linear(D),
    }
}

fn main() {}
