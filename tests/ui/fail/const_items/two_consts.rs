use tensor_core::prelude::*;

mod config {
    pub const HIDDEN: usize = 16;
    pub const WIDTH: usize = 32;
}

layer! {
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> config::HIDDEN),
        relu,
        output: linear(config::WIDTH -> 3),
    }
}

fn main() {}
