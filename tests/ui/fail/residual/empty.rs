use tensor_core::prelude::*;

layer! {
    pub struct Block: [8] -> [8] {
        residual {},
    }
}

fn main() {}
