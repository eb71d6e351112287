use tensor_core::prelude::*;

const HUGE: usize = usize::MAX;

layer! {
    pub struct Huge: [4] -> [3] {
        hidden: linear(4 -> HUGE * 2),
        relu,
        output: linear(8 -> 3),
    }
}

fn main() {}
