use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        act: relu,
        a: linear(4),
        act: tanh,
    }
}

fn main() {}
