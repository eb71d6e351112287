use tensor_core::prelude::*;

layer! {
    pub struct Model: [3, 224, 224] -> [196, 768] {
        patches(15),
    }
}

fn main() {}
