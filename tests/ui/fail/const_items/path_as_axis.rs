use tensor_core::prelude::*;

mod config {
    pub const WIDTH: usize = 8;
}

layer! {
    pub struct Path: [config::WIDTH] -> [config::WIDTH] {
        mix: linear(self::config::WIDTH -> 9),
    }
}

fn main() {}
