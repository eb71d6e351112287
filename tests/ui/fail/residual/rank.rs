use tensor_core::prelude::*;

layer! {
    pub struct Block: [3, 4] -> [3, 4] {
        residual { relu, flatten },
    }
}

fn main() {}
