use tensor_core::prelude::*;

layer! {
    pub struct Model<const D: usize, const H: usize>: [seq, D] -> [seq, D] where D % H == 0 {
        attend: attention(heads: H, rope: 10_000.0),
    }
}

fn main() {}
