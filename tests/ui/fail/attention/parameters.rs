use tensor_core::prelude::*;

layer! {
    pub struct Model<const D: usize, const H: usize>: [seq, D] -> [seq, D] {
        attend: attention(heads: H),
    }
}

fn main() {}
