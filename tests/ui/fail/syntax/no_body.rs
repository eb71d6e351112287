use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4];
}

fn main() {}
