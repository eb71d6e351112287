use tensor_core::prelude::*;

layer! {
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 8),
        relu,
        output: linaer(8 -> 3),
    }
}

const W: Pretrained<TwoLayer> = weights!("files/two_layer.safetensors" => TwoLayer);

fn main() {}
