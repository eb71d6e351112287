use tensor_core::prelude::*;

layer! {
    pub struct Net<const A: usize, const B: usize>: [A] -> [A]
    where A == 2 * B B <= 8
    {
        relu,
    }
}

fn main() {}
