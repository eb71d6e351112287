use tensor_core::prelude::*;

layer! {
    pub struct Bare: 4 -> 3 {
        output: linear(4 -> 3),
    }
}

fn main() {}
