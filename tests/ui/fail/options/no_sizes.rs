use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        relu(4),
        gelu_tanh(4 -> 4),
        softmax(0.5),
        flatten(4),
    }
}

fn main() {}
