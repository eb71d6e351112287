use tensor_core::prelude::*;

layer! {
    pub struct Flat: [3, 4] -> [12] {
        flatten,
    }
}

layer! {
    pub struct Net: [3, 4] -> [3, 16] {
        fork(concat) {
            left: { relu },
            right: { flat: Flat },
        },
    }
}

fn main() {}
