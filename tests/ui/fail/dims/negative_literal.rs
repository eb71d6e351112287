use tensor_core::prelude::*;

layer! {
    pub struct Negative: [4] -> [8] {
        hidden: linear(4 -> -8),
    }
}

fn main() {}
