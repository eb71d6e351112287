use tensor_core::prelude::*;

layer! {
    pub struct Model: ids[n] -> [n, 8] {
        output: linear(4 -> 8),
    }
}

fn main() {}
