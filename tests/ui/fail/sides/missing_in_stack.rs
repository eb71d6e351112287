use tensor_core::prelude::*;

layer! {
    pub struct Block: (x: [n, 8], mask: [n]) -> [n, 8] {
        attend: attention(heads: 2, mask: padding),
    }
}

layer! {
    pub struct Model: (x: [n, 8], masks: [n]) -> [n, 8] {
        blocks: [Block; 3],
    }
}

fn main() {}
