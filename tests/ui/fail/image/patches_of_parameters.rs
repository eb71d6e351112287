use tensor_core::prelude::*;

layer! {
    pub struct Model<const P: usize>: [3, 224, 224] -> [196, 768] {
        patches(P),
    }
}

fn main() {}
