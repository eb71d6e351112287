use tensor_core::prelude::*;

layer! {
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 2 * 4),
        relu,
        output: linear(2 * (4 + 1) -> 3),
    }
}

fn main() {}
