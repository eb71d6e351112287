use tensor_core::prelude::*;

layer! {
    pub struct Block<const D: usize, const F: usize>: [D] -> [D] {
        residual {
            up: linear(D -> F),
        },
    }
}

fn main() {}
