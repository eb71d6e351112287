use tensor_core::prelude::*;

const HIDDEN: usize = 16;

layer! {
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> HIDDEN),
        relu,
        output: linear(20 -> 3),
    }
}

fn main() {}
