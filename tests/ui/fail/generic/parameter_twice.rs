use tensor_core::prelude::*;

layer! {
    pub struct Net<const A: usize, const A: usize>: [A] -> [A] {
        relu,
    }
}

fn main() {}
