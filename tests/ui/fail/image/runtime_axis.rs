use tensor_core::prelude::*;

layer! {
    pub struct Model: [3, h, 8] -> [3, 4, 4] {
        avg_pool2d(2),
    }
}

fn main() {}
