use tensor_core::prelude::*;

layer! {
    pub struct Heads<const D: usize, const H: usize>: [D] -> [D] {
        split: linear(D -> D / H),
    }
}

fn main() {}
