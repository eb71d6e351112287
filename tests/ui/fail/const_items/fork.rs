use tensor_core::prelude::*;

const WIDTH: usize = 8;

layer! {
    pub struct Split: [4] -> [WIDTH] {
        fork(mul) {
            left: { a: linear(4 -> WIDTH) },
            right: { b: linear(4 -> 9) },
        },
    }
}

fn main() {}
