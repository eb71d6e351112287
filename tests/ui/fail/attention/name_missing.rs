use tensor_core::prelude::*;

layer! {
    pub struct Model: [seq, 8] -> [seq, 8] {
        attention(heads: 2),
    }
}

fn main() {}
