use tensor_core::prelude::*;

layer! {
    pub struct Flat: [3, 4] -> [12] {
        relu,
    }
}

fn main() {}
