use tensor_core::prelude::*;

layer! {
    pub struct Four: [2, 3, 4, 5] -> [2, 3, 4, 5] {
        relu,
    }
}

fn main() {}
