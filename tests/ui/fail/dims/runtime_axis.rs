use tensor_core::prelude::*;

layer! {
    pub struct Axis: [seq, 4] -> [seq, 4] {
        mix: linear(4 -> seq),
        relu,
        back: linear(4),
    }
}

fn main() {}
