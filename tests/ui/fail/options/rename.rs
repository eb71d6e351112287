use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        a: linear(4, rename: encoder),
        relu(rename: "act"),
        b: linear(4, rename: 3),
    }
}

fn main() {}
