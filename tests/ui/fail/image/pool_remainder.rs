use tensor_core::prelude::*;

layer! {
    pub struct Model: [3, 9, 8] -> [3, 4, 4] {
        max_pool2d(2),
    }
}

fn main() {}
