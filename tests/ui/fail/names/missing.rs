use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        linear(4 -> 4),
        layer_norm,
        lora(4, rank: 2, alpha: 4),
    }
}

fn main() {}
