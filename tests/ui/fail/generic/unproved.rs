use tensor_core::prelude::*;

layer! {
    pub struct Mlp<const D: usize, const F: usize>: [D] -> [D] {
        up: linear(D -> F),
        gelu,
        down: linear(4 * D -> D),
    }
}

fn main() {}
