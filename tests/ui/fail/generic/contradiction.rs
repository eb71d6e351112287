use tensor_core::prelude::*;

layer! {
    pub struct Net<const A: usize, const B: usize>: [A] -> [A]
    where A == 2 * B, A % 2 == 0, B > A, A == A + 1, 10 % 3 == 0
    {
        relu,
    }
}

fn main() {}
