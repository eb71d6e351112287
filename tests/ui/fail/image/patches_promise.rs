use tensor_core::prelude::*;

layer! {
    pub struct Model: [3, 224, 224] -> [196, 760] {
        patches(16),
    }
}

fn main() {}
