use tensor_core::prelude::*;

layer! {
    pub struct Missing: [4] -> [3] {
        hidden: linear(4 -> (4 2)),
        relu,
        output: linear(4 * -> 3),
    }
}

fn main() {}
