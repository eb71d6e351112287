use tensor_core::prelude::*;

layer! {
    pub struct Net<const A: usize const B: usize>: [A] -> [A] {
        relu,
    }
}

fn main() {}
