use tensor_core::prelude::*;

layer! {
    pub struct Split: [4] -> [8] {
        fork(add) {
            left: { a: linear(4 -> 8) },
            right: { relu, b: linear(4 -> 9) },
        },
    }
}

fn main() {}
