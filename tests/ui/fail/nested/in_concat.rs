use tensor_core::prelude::*;

layer! {
    pub struct Block: [8] -> [4] {
        inner: linear(4),
    }
}

layer! {
    pub struct Net: [8] -> [3] {
        fork(concat) {
            left: { a: linear(8 -> 6) },
            right: { block: Block },
        },
        output: linear(11 -> 3),
    }
}

fn main() {}
