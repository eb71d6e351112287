use tensor_core::prelude::*;

layer! {
    pub struct Net<D>: [4] -> [4] {
        relu,
    }
}

fn main() {}
