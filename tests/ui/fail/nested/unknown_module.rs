use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [3] {
        block: nowhere::Block,
    }
}

fn main() {}
