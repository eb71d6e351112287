use tensor_core::prelude::*;

layer! {
    pub struct Flat<const A: usize, const B: usize>: [A, B] -> [3] {
        flatten,
        output: linear(3),
    }
}

fn main() {}
