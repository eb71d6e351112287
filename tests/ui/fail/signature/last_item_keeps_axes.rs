use tensor_core::prelude::*;

layer! {
    pub struct Activated: [4] -> [3] {
        hidden: linear(4 -> 8),
        dropout(0.5),
        softmax,
    }
}

fn main() {}
