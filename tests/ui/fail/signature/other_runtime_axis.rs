use tensor_core::prelude::*;

layer! {
    pub struct Other: [seq, 4] -> [n, 8] {
        up: linear(4 -> 8),
    }
}

fn main() {}
