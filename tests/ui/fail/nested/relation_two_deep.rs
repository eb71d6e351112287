use tensor_core::prelude::*;

layer! {
    pub struct Inner<const N: usize>: [N] -> [N]
    where N >= 16
    {
        mix: linear(N),
    }
}

layer! {
    pub struct Outer<const N: usize>: [N] -> [N] {
        inner: Inner<N>,
    }
}

layer! {
    pub struct Net: [8] -> [8] {
        outer: Outer<8>,
    }
}

fn main() {}
