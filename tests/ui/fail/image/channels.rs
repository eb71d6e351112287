use tensor_core::prelude::*;

layer! {
    pub struct Model: [3, 8, 8] -> [16, 8, 8] {
        conv: conv2d(4 -> 16, kernel: 3, padding: 1),
    }
}

fn main() {}
