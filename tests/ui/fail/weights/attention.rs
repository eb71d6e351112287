use tensor_core::prelude::*;

layer! {
    pub struct Net: [n, 4] -> [n, 4] {
        attend: attention(heads: 2),
    }
}

const W: Pretrained<Net> = weights!("files/attention.safetensors" => Net);

fn main() {}
