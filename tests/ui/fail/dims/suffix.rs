use tensor_core::prelude::*;

layer! {
    pub struct Suffix: [4u8] -> [3] {
        hidden: linear(4 -> 8usize),
        relu,
        output: linear(8i32 -> 3),
    }
}

fn main() {}
