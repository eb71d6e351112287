use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        a: linear(4, bias: no),
        relu,
        b: linear(4, bias: 1),
    }
}

fn main() {}
