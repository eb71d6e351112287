use tensor_core::prelude::*;

layer! {
    pub struct Missing: [4] -> [3] {
        hidden: linear(4 -> ),
        relu,
        output: linear( -> 3),
    }
}

fn main() {}
