use tensor_core::prelude::*;

layer! {
    pub struct Model: ids[n] -> [n, 8] {
        fork(add) {
            tokens: { table: embedding(100 -> 8) },
            same: {},
        },
    }
}

fn main() {}
