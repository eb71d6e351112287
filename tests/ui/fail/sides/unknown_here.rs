use tensor_core::prelude::*;

layer! {
    pub struct Block: (x: [n, 8], context: [m, 6]) -> [n, 8] {
        attend: attention(heads: 2, context: context),
    }
}

layer! {
    pub struct Model: (x: [n, 8], memory: [m, 6]) -> [n, 8] {
        block: Block(context: memori),
    }
}

fn main() {}
