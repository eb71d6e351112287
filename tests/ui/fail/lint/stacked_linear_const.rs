#![deny(deprecated)]

use tensor_core::prelude::*;

const WIDTH: usize = 8;

layer! {
    pub struct ThreeLayer: [WIDTH] -> [3] {
        first: linear(WIDTH -> 2 * WIDTH, bias: false),
        second: linear(WIDTH),
        relu,
        third: linear(3),
    }
}

fn main() {}
