use tensor_core::prelude::*;

layer! {
    pub struct Model: [8] -> [8] {
        places: positional(16),
    }
}

fn main() {}
