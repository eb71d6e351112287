use tensor_core::prelude::*;

layer! {
    pub struct Model: [n, 8] -> [n, 8] {
        positional(16, kind: sine),
    }
}

fn main() {}
