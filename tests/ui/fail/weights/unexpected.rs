use tensor_core::prelude::*;

layer! {
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 8),
        relu,
        output: linear(8 -> 3),
    }
}

const W0: Pretrained<TwoLayer> = weights!("files/more.safetensors" => TwoLayer);

const W1: Pretrained<TwoLayer> = weights!("files/one_more.safetensors" => TwoLayer);

fn main() {}
