use tensor_core::prelude::*;

layer! { pub struct First: [4] -> [8] { hidden: linear(4 -> 8) } }
layer! { pub struct Second: [8] -> [3] { hidden: linear(8 -> 3) } }

layer! {
    pub struct TwoLayer: [4] -> [3] {
        first: First(rename: "part"),
        relu,
        second: Second(rename: "part"),
    }
}

const W: Pretrained<TwoLayer> = weights!("files/two_layer.safetensors" => TwoLayer, rename: ["hidden" => "part.hidden"]);

fn main() {}
