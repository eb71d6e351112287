use tensor_core::prelude::*;

layer! {
    pub struct Model: [3, 8, 8] -> [16, 8, 8] {
        conv: conv2d(3 -> 16, kernel: 3, stride: 0),
    }
}

fn main() {}
