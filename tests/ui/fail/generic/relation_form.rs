use tensor_core::prelude::*;

layer! {
    pub struct Net<const A: usize, const B: usize>: [A] -> [A]
    where A = 2 * B, A % B, A % B == 1, A + B % 2 == 0, A: Copy, A != B
    {
        relu,
    }
}

fn main() {}
