use tensor_core::prelude::*;

layer! {
    pub struct Model: [seq, 512] -> [seq, 512] {
        norm: layer_norm,
        attend: attention(heads: 12, mask: causal),
    }
}

fn main() {}
