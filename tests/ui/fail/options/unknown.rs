use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        a: linear(4, bais: false),
        b: layer_norm(epsilon: 1e-5),
        relu(inplace: true),
        c: lora(4, rank: 2, alpha: 4, dropout: 0.1),
    }
}

fn main() {}
