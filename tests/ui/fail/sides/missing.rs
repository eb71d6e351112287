use tensor_core::prelude::*;

layer! {
    pub struct Block: (x: [n, 8], mask: [n]) -> [n, 8] {
        attend: attention(heads: 2, mask: padding),
    }
}

layer! {
    pub struct Model: [n, 8] -> [n, 8] {
        block: Block,
    }
}

fn main() {}
