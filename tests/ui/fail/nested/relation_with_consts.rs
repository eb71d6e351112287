use tensor_core::prelude::*;

const WIDTH: usize = 512;

layer! {
    pub struct Heads<const D: usize, const H: usize>: [D] -> [D]
    where D % H == 0, H <= 8
    {
        norm: layer_norm,
        mix: linear(D),
    }
}

layer! {
    pub struct Net: [WIDTH] -> [WIDTH] {
        heads: Heads<WIDTH, 12>,
        more: Heads<WIDTH, { 4 * 4 }>,
    }
}

fn main() {}
