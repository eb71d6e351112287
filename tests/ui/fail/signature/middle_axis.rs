use tensor_core::prelude::*;

layer! {
    pub struct Middle: [2, 3, 4] -> [2, 5, 8] {
        up: linear(4 -> 8),
    }
}

fn main() {}
