use tensor_core::prelude::*;

layer! {
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 8),
        relu,
        output: linear(8 -> 3),
    }
}

const W0: Pretrained<TwoLayer> = weights!("files/absent.safetensors" => TwoLayer);

const W1: Pretrained<TwoLayer> = weights!("files/cut.safetensors" => TwoLayer);

const W2: Pretrained<TwoLayer> = weights!("files/text.safetensors" => TwoLayer);

const W3: Pretrained<TwoLayer> = weights!("files/list.json" => TwoLayer);

const W4: Pretrained<TwoLayer> = weights!("files/wrong.index.json" => TwoLayer);

fn main() {}
