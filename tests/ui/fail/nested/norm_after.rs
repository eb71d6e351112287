use tensor_core::prelude::*;

layer! {
    pub struct Block: [8] -> [4] {
        inner: linear(4),
    }
}

layer! {
    pub struct Net: [8] -> [4] {
        block: Block,
        norm: rms_norm(5),
    }
}

fn main() {}
