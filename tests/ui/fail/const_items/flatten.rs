use tensor_core::prelude::*;

const ROWS: usize = 3;

layer! {
    pub struct Flat: [ROWS, 4] -> [2] {
        flatten,
        output: linear(16 -> 2),
    }
}

fn main() {}
