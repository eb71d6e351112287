use tensor_core::prelude::*;

attention! {
    pub struct Cross: [seq, 8] -> [seq, 8] {
        heads: 2,
        context: [m, 6],
        w_v: [8, 8],
    }
}

fn main() {}
