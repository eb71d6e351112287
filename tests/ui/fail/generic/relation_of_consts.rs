use tensor_core::prelude::*;

const WIDTH: usize = 100;
const HEADS: usize = 12;

layer! {
    pub struct Net: [WIDTH] -> [WIDTH]
    where WIDTH % HEADS == 0, WIDTH <= 64, HEADS == WIDTH / 10
    {
        relu,
    }
}

fn main() {}
