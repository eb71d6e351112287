use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        a: lora(4 -> 4),
        b: lora(4 -> 4, rank: 2),
    }
}

fn main() {}
