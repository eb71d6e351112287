use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        a: linear(4, bias: false, bias: true),
    }
}

fn main() {}
