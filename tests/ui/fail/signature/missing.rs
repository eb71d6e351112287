use tensor_core::prelude::*;

layer! {
    pub struct NoAxes {
        output: linear(4 -> 3),
    }
}

fn main() {}
