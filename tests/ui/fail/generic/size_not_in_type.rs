use tensor_core::prelude::*;

layer! {
    pub struct Mlp<const D: usize>: [D] -> [D] {
        up: linear(D -> 4 * D),
        gelu,
        down: linear(4 * D -> D),
    }
}

fn main() {}
