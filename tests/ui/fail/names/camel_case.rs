use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [3] {
        hidden: Linear(4 -> 8),
        ReLU,
        norm: LayerNorm(eps: 1e-5),
        LogSoftmax,
        output: linear(8 -> 3),
    }
}

fn main() {}
