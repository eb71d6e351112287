use tensor_core::prelude::*;

const WIDTH: usize = 8;

layer! {
    pub struct Negative: [4] -> [3] {
        hidden: linear(4 -> WIDTH - 9),
        relu,
        output: linear(8 -> 3),
    }
}

fn main() {}
