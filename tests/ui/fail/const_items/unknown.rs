use tensor_core::prelude::*;

layer! {
    pub struct Unknown: [4] -> [3] {
        hidden: linear(4 -> WIDHT),
        relu,
        output: linear(8 -> 3),
    }
}

fn main() {}
