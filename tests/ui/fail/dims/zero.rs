use tensor_core::prelude::*;

layer! {
    pub struct Zero: [4] -> [3] {
        hidden: linear(4 -> 0),
        relu,
        output: linear(8 -> 3),
    }
}

fn main() {}
