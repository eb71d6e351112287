use tensor_core::prelude::*;

layer! {
    pub struct Block: [8] -> [8] {
        residual {
            fork(add) {
                left: {
                    residual { norm: layer_norm, inner: linear(8 -> 9) },
                },
                right: { relu },
            },
            down: linear(8 -> 7),
        },
    }
}

fn main() {}
