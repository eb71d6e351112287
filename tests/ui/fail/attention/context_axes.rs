use tensor_core::prelude::*;

layer! {
    pub struct Model: (x: [seq, 8], memory: [6]) -> [seq, 8] {
        attend: attention(heads: 2, context: memory),
    }
}

fn main() {}
