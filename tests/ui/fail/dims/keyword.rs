use tensor_core::prelude::*;

layer! {
    pub struct Keyword: [4] -> [3] {
        hidden: linear(4 -> if),
        relu,
        output: linear(Self::WIDTH -> 3),
    }
}

fn main() {}
