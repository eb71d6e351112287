use tensor_core::prelude::*;

const CHANNELS: usize = 3;

layer! {
    pub struct Model: [CHANNELS, 8, 8] -> [16, 6, 6] {
        conv: conv2d(4 -> 16, kernel: 3),
    }
}

fn main() {}
