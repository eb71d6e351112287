use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [3] {
        text: String,
        output: linear(4 -> 3),
    }
}

fn main() {}
