use tensor_core::prelude::*;

layer! {
    pub struct Block<const D: usize, const H: usize>: [D] -> [H]
    where H == D - 9, D % H == 0
    {
        down: linear(D -> H),
    }
}

layer! {
    pub struct Net: [8] -> [4] {
        block: Block<8, 4>,
        other: Block<4, 0>,
    }
}

fn main() {}
