use tensor_core::prelude::*;

layer! {
    pub struct Net<'a, const D: usize>: [D] -> [D] {
        relu,
    }
}

fn main() {}
