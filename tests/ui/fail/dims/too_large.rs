use tensor_core::prelude::*;

layer! {
    pub struct Large: [4] -> [8] {
        hidden: linear(4 -> 4294967296 * 4294967296),
        relu,
        output: linear(99999999999999999999 -> 8),
    }
}

fn main() {}
