use tensor_core::prelude::*;

const CLASSES: usize = 3;

layer! {
    pub struct TwoLayer: [4] -> [CLASSES] {
        hidden: linear(4 -> 8),
        relu,
        output: linear(8 -> 2),
    }
}

fn main() {}
