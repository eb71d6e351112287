use tensor_core::prelude::*;

const WIDTH: usize = 512;
const HEADS: usize = 12;

layer! {
    pub struct Model: [seq, WIDTH] -> [seq, WIDTH] {
        attend: attention(heads: HEADS),
    }
}

fn main() {}
