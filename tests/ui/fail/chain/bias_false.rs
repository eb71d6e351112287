use tensor_core::prelude::*;

layer! {
    pub struct NoBias: [4] -> [3] {
        hidden: linear(4 -> 8, bias: false),
        relu,
        output: linear(7 -> 3, bias: false),
    }
}

fn main() {}
