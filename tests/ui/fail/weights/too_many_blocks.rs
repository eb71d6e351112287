use tensor_core::prelude::*;

layer! {
    pub struct Block<const D: usize>: [D] -> [D] {
        residual { norm: layer_norm, up: linear(8), gelu, down: linear(D) },
    }
}

layer! {
    pub struct Net: [4] -> [2] {
        blocks: [Block<4>; 5],
        head: linear(4 -> 2),
    }
}

const W: Pretrained<Net> = weights!("files/blocks.safetensors" => Net);

fn main() {}
