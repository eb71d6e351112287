use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [3] {
        hidden: linear(4 -> 8)
        relu,
        middle: linear(8 -> 9),
        tanh
        output: linear(9 -> 3),
    }
}

fn main() {}
