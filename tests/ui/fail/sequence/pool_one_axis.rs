use tensor_core::prelude::*;

layer! {
    pub struct Model: [8] -> [8] {
        pool(mean),
    }
}

fn main() {}
