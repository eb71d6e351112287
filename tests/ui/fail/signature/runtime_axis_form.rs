use tensor_core::prelude::*;

layer! {
    pub struct Twice: [2 * seq, 4] -> [2 * seq, 8] {
        up: linear(4 -> 8),
    }
}

fn main() {}
