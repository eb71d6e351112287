use tensor_core::prelude::*;

layer! {
    pub struct Split: [4] -> [4] {
        fork(cat) { a: { relu }, b: { tanh } },
        fork(average) { c: { relu }, d: { tanh } },
    }
}

fn main() {}
