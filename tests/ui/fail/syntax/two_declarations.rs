use tensor_core::prelude::*;

layer! {
    pub struct One: [4] -> [4] {
        relu,
    }

    pub struct Two: [4] -> [4] {
        relu,
    }
}

fn main() {}
