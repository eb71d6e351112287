use tensor_core::prelude::*;

layer! {
    pub struct Model: [17, 8] -> [17, 8] {
        places: positional(16),
    }
}

fn main() {}
