use tensor_core::prelude::*;

layer! {
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 8),
        relu,
        output: linear(8 -> 3),
    }
}

const W0: Pretrained<TwoLayer> = weights!("files/two_layer.safetensors" => TwoLayer, prefix: "hiden.");

const W1: Pretrained<TwoLayer> = weights!("files/two_layer.safetensors" => TwoLayer, ignore: ["hiden.weight", "pooler.*"]);

const W2: Pretrained<TwoLayer> = weights!("files/two_layer.safetensors" => TwoLayer, rename: ["gamma" => "weight"]);

const W3: Pretrained<TwoLayer> = weights!("files/two_layer.safetensors" => TwoLayer, rename: ["output" => "hidden"]);

const W4: Pretrained<TwoLayer> = weights!("files/two_layer.safetensors" => TwoLayer, ignore: ["*"], ignore: ["output.*"]);

fn main() {}
