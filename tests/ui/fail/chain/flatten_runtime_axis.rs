use tensor_core::prelude::*;

layer! {
    pub struct Flat: [seq, 4] -> [2] {
        flatten,
        output: linear(16 -> 2),
    }
}

fn main() {}
