use tensor_core::prelude::*;

layer! {
    pub struct Split: [3, 4] -> [3, 8] {
        fork(concat) {
            left: { relu },
            right: { flatten, b: linear(12 -> 4) },
        },
    }
}

fn main() {}
