use tensor_core::prelude::*;

const WIDTH: usize = 0;

layer! {
    pub struct Zero: [4] -> [3] {
        hidden: linear(4 -> WIDTH),
        relu,
        output: linear(WIDTH -> 3),
    }
}

fn main() {}
