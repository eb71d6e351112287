use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        a: lora(4 -> 4, rank: "2", alpha: 0.5),
        b: lora(4 -> 4, rank: 0, alpha: true),
        c: lora(4 -> 4, rank: seq, alpha: 1),
    }
}

fn main() {}
