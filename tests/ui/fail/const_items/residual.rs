use tensor_core::prelude::*;

const WIDTH: usize = 8;

layer! {
    pub struct Block: [WIDTH] -> [WIDTH] {
        residual {
            up: linear(32),
            relu,
            down: linear(2 * WIDTH),
        },
    }
}

fn main() {}
