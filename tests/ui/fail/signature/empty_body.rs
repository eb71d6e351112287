use tensor_core::prelude::*;

layer! {
    pub struct Empty: [4] -> [3] {}
}

fn main() {}
