use tensor_core::prelude::*;

attention! {
    pub struct Model: [seq, 8] -> [seq, 8] {
        relu,
    }
}

fn main() {}
