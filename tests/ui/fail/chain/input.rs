use tensor_core::prelude::*;

layer! {
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(5 -> 8),
        relu,
        output: linear(8 -> 3),
    }
}

fn main() {}
