use tensor_core::prelude::*;

layer! {
    pub struct Model<const N: usize, const M: usize>: [N, 8] -> [N, 8] {
        places: positional(M),
    }
}

fn main() {}
