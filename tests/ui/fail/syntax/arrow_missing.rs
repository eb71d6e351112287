use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [3] {
        hidden: linear(4 8),
        relu,
        output: linear(8, 3),
    }
}

fn main() {}
