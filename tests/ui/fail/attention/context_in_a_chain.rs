use tensor_core::prelude::*;

layer! {
    pub struct Model: [seq, 8] -> [seq, 8] {
        attend: attention(heads: 2, context: [m, 6]),
    }
}

fn main() {}
