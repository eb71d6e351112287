use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        l0: linear(4),
        relu,
        l1: linear(4),
        relu,
        l2: linear(4),
        relu,
        l3: linear(4),
        relu,
        l4: linear(4),
        relu,
        l5: linear(4),
        relu,
        l6: linear(4),
        relu,
        l7: linear(4),
        relu,
        l8: linear(4),
        relu,
        l9: linear(4),
        relu,
        l10: linear(4),
        relu,
        l11: linear(4),
        relu,
        l12: linear(4),
        relu,
        l13: linear(4),
        relu,
    }
}

const W: Pretrained<Net> = weights!("files/many.safetensors" => Net);

fn main() {}
