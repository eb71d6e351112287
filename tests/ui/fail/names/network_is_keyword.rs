use tensor_core::prelude::*;

layer! {
    pub struct struct: [4] -> [4] {
        a: linear(4),
    }
}

fn main() {}
