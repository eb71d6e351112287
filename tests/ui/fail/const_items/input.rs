use tensor_core::prelude::*;

const FEATURES: usize = 5;

layer! {
    pub struct TwoLayer: [FEATURES] -> [3] {
        hidden: linear(4 -> 8, bias: false),
        relu,
        adapted: lora(8 -> FEATURES, rank: 1, alpha: 1),
        norm: layer_norm(6),
    }
}

fn main() {}
