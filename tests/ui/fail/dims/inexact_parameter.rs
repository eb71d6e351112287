use tensor_core::prelude::*;

layer! {
    pub struct Heads<const D: usize>: [D] -> [D]
    where D == 5
    {
        split: linear(D -> D / 2),
        relu,
        mix: linear(D),
    }
}

fn main() {}
