use tensor_core::prelude::*;

layer! {
    pub struct Zero: [0] -> [4 - 4] {
        hidden: linear(3),
    }
}

fn main() {}
