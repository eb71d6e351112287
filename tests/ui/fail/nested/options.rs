use tensor_core::prelude::*;

layer! {
    pub struct Block: [4] -> [4] {
        mix: linear(4),
    }
}

layer! {
    pub struct Net: [4] -> [4] {
        a: Block(bias: true),
        b: Block(rename: layer),
        c: Block(rename),
        d: Block(4 -> 4),
        e: Block(rename: [8 4]),
        f: Block(rename "f", rename: 3),
        g: Block(rename: "g" rename: "h"),
    }
}

fn main() {}
