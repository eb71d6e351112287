//! Each at its own place, in one run.

use tensor_core::prelude::*;

const A: usize = 5;
const B: usize = 6;

layer! {
    pub struct Several: [4] -> [3] {
        one: linear(A -> B),
        relu,
        two: linear(7 -> A),
        relu,
        three: linear(B -> 3),
    }
}

fn main() {}
