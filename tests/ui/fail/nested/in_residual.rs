use tensor_core::prelude::*;

layer! {
    pub struct Block: [8] -> [4] {
        inner: linear(4),
    }
}

layer! {
    pub struct Net: [8] -> [8] {
        residual { norm: layer_norm, block: Block },
    }
}

fn main() {}
