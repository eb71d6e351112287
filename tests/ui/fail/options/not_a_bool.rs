use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        a: linear(4, bias: no),
        relu,
        b: linear(4, bias: 1),
        c: lora(4, rank: 2, alpha: 4, bias: 0.5),
    }
}

fn main() {}
