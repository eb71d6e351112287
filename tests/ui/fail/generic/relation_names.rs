use tensor_core::prelude::*;

layer! {
    pub struct Net<const WIDTH: usize>: [WIDTH] -> [WIDTH]
    where Widht == 4, seq <= 512, WIDTH / 0 == 2
    {
        relu,
    }
}

fn main() {}
