use tensor_core::prelude::*;

layer! {
    #[budget(parameters <= 200_000)]
    pub struct Model: [784] -> [10] {
        hidden: linear(784 -> 512),
        relu,
        output: linear(512 -> 10),
    }
}

fn main() {}
