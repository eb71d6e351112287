use tensor_core::prelude::*;

layer! {
    pub struct FatArrow: [seq, 4] => [seq, 3] {
        output: linear(4 -> 3),
    }
}

fn main() {}
