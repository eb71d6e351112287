use tensor_core::prelude::*;

layer! {
    pub struct Normed: [4] -> [8] {
        first: layer_norm(5, eps: 1e-3),
        up: linear(8),
        second: layer_norm(4),
    }
}

fn main() {}
