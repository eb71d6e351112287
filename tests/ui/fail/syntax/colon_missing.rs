use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        hidden linear(4 -> 8),
        relu,
        output = linear(8 -> 4),
    }
}

fn main() {}
