use tensor_core::prelude::*;

layer! {
    #[budget(macs <= 400_000)]
    pub struct Model: [n, 784] -> [n, 10] {
        hidden: linear(784 -> 512),
        relu,
        output: linear(512 -> 10),
    }
}

fn main() {}
