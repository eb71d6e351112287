use tensor_core::prelude::*;

layer! {
    pub struct Mlp<const A: usize, const B: usize>: [A] -> [B] {
        mix: linear(A),
    }
}

fn main() {}
