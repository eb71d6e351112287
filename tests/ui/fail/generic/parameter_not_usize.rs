use tensor_core::prelude::*;

layer! {
    pub struct Net<const D: u32>: [D] -> [D] {
        relu,
    }
}

fn main() {}
