use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        blocks: [linear(4); 3],
    }
}

fn main() {}
