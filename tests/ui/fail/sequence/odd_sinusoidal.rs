use tensor_core::prelude::*;

layer! {
    pub struct Model: [n, 7] -> [n, 7] {
        positional(16, kind: sinusoidal),
    }
}

fn main() {}
