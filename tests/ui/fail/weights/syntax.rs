use tensor_core::prelude::*;

layer! {
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 8),
        relu,
        output: linear(8 -> 3),
    }
}

const W0: Pretrained<TwoLayer> = weights!();

const W1: Pretrained<TwoLayer> = weights!("files/two_layer.safetensors");

const W2: Pretrained<TwoLayer> = weights!("files/two_layer.safetensors" => 4);

const W3: Pretrained<TwoLayer> = weights!("files/two_layer.safetensors" => TwoLayer prefix: "a.");

const W4: Pretrained<TwoLayer> = weights!("files/two_layer.safetensors" => TwoLayer, ignores: ["a"]);

const W5: Pretrained<TwoLayer> = weights!("files/two_layer.safetensors" => TwoLayer, ignore: "a");

const W6: Pretrained<TwoLayer> = weights!("files/two_layer.safetensors" => TwoLayer, prefix: 4);

const W7: Pretrained<TwoLayer> = weights!("files/two_layer.safetensors" => TwoLayer, rename: ["a", "b"]);

fn main() {}
