use tensor_core::prelude::*;

layer! {
    pub struct Float: [4] -> [3] {
        hidden: linear(4 -> 8.0),
        relu,
        output: linear(8.5 -> 3),
    }
}

fn main() {}
