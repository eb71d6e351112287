use tensor_core::prelude::*;

layer! {
    pub enum Net: [4] -> [4] {
        relu,
    }
}

fn main() {}
