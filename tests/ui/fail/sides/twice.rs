use tensor_core::prelude::*;

layer! {
    pub struct Model: (x: [n, 8], mask: [n], mask: [n]) -> [n, 8] {
        relu,
    }
}

fn main() {}
