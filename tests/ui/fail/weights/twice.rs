use tensor_core::prelude::*;

layer! {
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 8),
        relu,
        output: linear(8 -> 3, rename: "hidden"),
    }
}

const W: Pretrained<TwoLayer> = weights!("files/two_layer.safetensors" => TwoLayer);

fn main() {}
