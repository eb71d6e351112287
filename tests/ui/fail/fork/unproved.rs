use tensor_core::prelude::*;

layer! {
    pub struct Split<const A: usize, const B: usize>: [4] -> [A] {
        fork(add) {
            left: { a: linear(4 -> A) },
            right: { b: linear(4 -> B) },
        },
    }
}

fn main() {}
