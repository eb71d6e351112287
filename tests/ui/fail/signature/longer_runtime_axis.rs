use tensor_core::prelude::*;

layer! {
    pub struct Longer: [seq, 4] -> [seq + 1, 8] {
        up: linear(4 -> 8),
    }
}

fn main() {}
