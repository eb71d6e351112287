use tensor_core::prelude::*;

layer! {
    pub struct Model: [seq, 8] -> [seq, 6] {
        attend: attention(9 -> 6, heads: 3),
    }
}

fn main() {}
