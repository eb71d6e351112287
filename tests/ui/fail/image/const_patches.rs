use tensor_core::prelude::*;

const SIDE: usize = 10;

layer! {
    pub struct Model: [3, SIDE, SIDE] -> [4, 48] {
        patches(4),
    }
}

fn main() {}
