use tensor_core::prelude::*;

layer! {
    pub struct Image: [3, 4] -> [12] {
        flatten,
    }
}

layer! {
    pub struct Net: [seq, 8] -> [12] {
        down: linear(4),
        image: Image,
    }
}

fn main() {}
