use tensor_core::prelude::*;

layer! {
    pub struct Model: [n, 8] -> [n, 8] {
        class: class_token,
    }
}

fn main() {}
