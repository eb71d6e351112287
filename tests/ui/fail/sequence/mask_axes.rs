use tensor_core::prelude::*;

layer! {
    pub struct Model: (x: [n, 8], mask: [n, 8]) -> [8] {
        pool(mean),
    }
}

fn main() {}
