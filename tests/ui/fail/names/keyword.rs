use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        type: linear(4),
        relu,
        self: linear(4),
        tanh,
        _: linear(4),
    }
}

fn main() {}
