use tensor_core::prelude::*;

layer! {
    pub struct Split: [4] -> [4] {
        fork() { left: { relu }, right: { tanh } },
    }
}

fn main() {}
