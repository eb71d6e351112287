use tensor_core::prelude::*;

layer! {
    pub struct Model: [3, 4, 4] -> [16, 1, 1] {
        conv: conv2d(3 -> 16, kernel: 7, padding: 1),
    }
}

fn main() {}
