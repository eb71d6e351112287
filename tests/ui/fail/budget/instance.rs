use tensor_core::prelude::*;

layer! {
    #[budget(params <= 1_000)]
    pub struct Block<const D: usize>: [D] -> [D] {
        fc: linear(D -> D),
        relu,
    }
}

layer! {
    pub struct Model: [64] -> [64] {
        block: Block<64>,
    }
}

fn main() {}
