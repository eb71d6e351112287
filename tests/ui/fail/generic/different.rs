use tensor_core::prelude::*;

layer! {
    pub struct Mlp<const D: usize, const F: usize>: [D] -> [D]
    where F == 4 * D
    {
        up: linear(D -> F),
        gelu,
        down: linear(D -> D),
    }
}

fn main() {}
