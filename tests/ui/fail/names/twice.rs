use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        a: linear(4),
        relu,
        a: linear(4),
        residual { tanh, a: linear(4) },
    }
}

fn main() {}
