use tensor_core::prelude::*;

layer! {
    pub struct Wide<const D: usize>: [2 * D] -> [2 * D] {
        relu,
    }
}

fn main() {}
