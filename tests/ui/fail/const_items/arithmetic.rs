use tensor_core::prelude::*;

const WIDTH: usize = 8;

layer! {
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 2 * WIDTH + 1),
        relu,
        output: linear(2 * (WIDTH + 1) -> 3),
    }
}

fn main() {}
