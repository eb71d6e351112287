use tensor_core::prelude::*;

layer! {
    pub struct Model: [n, 8] -> [8] {
        pool,
    }
}

fn main() {}
