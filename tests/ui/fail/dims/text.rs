use tensor_core::prelude::*;

layer! {
    pub struct Text: [4] -> [3] {
        hidden: linear(4 -> "8"),
        relu,
        output: linear("eight!" -> 3),
    }
}

fn main() {}
