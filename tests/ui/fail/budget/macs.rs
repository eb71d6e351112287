use tensor_core::prelude::*;

layer! {
    #[budget(params <= 500_000)]
    #[budget(macs <= 400_000)]
    pub struct Model: [784] -> [10] {
        hidden: linear(784 -> 512),
        relu,
        output: linear(512 -> 10),
    }
}

fn main() {}
