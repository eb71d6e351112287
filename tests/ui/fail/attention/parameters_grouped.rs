use tensor_core::prelude::*;

layer! {
    pub struct Model<const D: usize, const H: usize>: [seq, D] -> [seq, D] where D % H == 0, H % 4 == 0 {
        attend: attention(heads: H, kv_heads: 4),
    }
}

fn main() {}
