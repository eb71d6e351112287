use tensor_core::prelude::*;

layer! {
    pub struct None: [] -> [3] {
        output: linear(4 -> 3),
    }
}

fn main() {}
