use tensor_core::prelude::*;

layer! {
    pub struct Model: (x: [n, 8], mask: [n]) -> [8] {
        class: class_token,
        pool(mean),
    }
}

fn main() {}
