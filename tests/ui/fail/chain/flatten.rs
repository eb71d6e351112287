use tensor_core::prelude::*;

layer! {
    pub struct Flat: [2, 3, 4] -> [2] {
        flatten,
        output: linear(20 -> 2),
    }
}

fn main() {}
