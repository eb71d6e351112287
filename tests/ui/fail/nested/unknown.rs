use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [3] {
        block: Blok,
        output: linear(4 -> 3),
    }
}

fn main() {}
