use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        a: linear,
        relu,
        b: linear(),
        c: lora(rank: 2, alpha: 4),
    }
}

fn main() {}
