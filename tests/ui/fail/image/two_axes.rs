use tensor_core::prelude::*;

layer! {
    pub struct Model: [8, 8] -> [4, 4] {
        max_pool2d(2),
    }
}

fn main() {}
