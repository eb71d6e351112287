use tensor_core::prelude::*;

const ROWS: usize = 3;

layer! {
    pub struct TwoLayer: [ROWS, 4] -> [2, 8] {
        hidden: linear(4 -> 8),
    }
}

fn main() {}
