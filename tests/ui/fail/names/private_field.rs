use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        __on: linear(4),
    }
}

fn main() {}
