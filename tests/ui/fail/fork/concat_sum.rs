use tensor_core::prelude::*;

layer! {
    pub struct Split: [4] -> [3] {
        fork(concat) {
            left: { a: linear(4 -> 8) },
            right: { b: linear(4 -> 5) },
        },
        output: linear(12 -> 3),
    }
}

fn main() {}
