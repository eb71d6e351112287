use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [3] {
        r#a: linear(4 -> 8),
        relu,
        a: linear(8 -> 3),
    }
}

fn main() {}
