use tensor_core::prelude::*;

layer! {
    pub struct Normed: [4] -> [8] {
        up: linear(8),
        norm: rms_norm(9),
    }
}

fn main() {}
