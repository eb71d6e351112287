use tensor_core::prelude::*;

layer! {
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 8),
        relu,
        output: linear(8 -> 3),
    }
}

const W: Pretrained<TwoLayer> = weights!("files/wider.safetensors" => TwoLayer);

fn main() {}
