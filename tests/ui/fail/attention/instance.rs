use tensor_core::prelude::*;

layer! {
    pub struct Block<const D: usize, const H: usize>: [seq, D] -> [seq, D] where D % H == 0 {
        residual { norm: layer_norm, attend: attention(heads: H, mask: causal) },
    }
}

layer! {
    pub struct Model: [seq, 512] -> [seq, 512] {
        blocks: [Block<512, 12>; 6],
    }
}

fn main() {}
