use tensor_core::prelude::*;

const HIDDEN: usize = 16;

layer! {
    pub struct Net<const N: usize>: [N] -> [3] {
        hidden: linear(N -> HIDDEN),
        relu,
        output: linear(N -> 3),
    }
}

fn main() {}
