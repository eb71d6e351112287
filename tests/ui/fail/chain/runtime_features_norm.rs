use tensor_core::prelude::*;

layer! {
    pub struct Last: [seq] -> [seq] {
        norm: layer_norm,
    }
}

fn main() {}
