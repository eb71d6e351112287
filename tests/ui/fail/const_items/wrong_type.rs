use tensor_core::prelude::*;

const WIDTH: u32 = 8;

layer! {
    pub struct Wrong: [4] -> [3] {
        hidden: linear(4 -> WIDTH),
        relu,
        output: linear(8 -> 3),
    }
}

fn main() {}
