use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        a: linear(4.0),
        relu,
        b: linear(0.5),
        c: rms_norm(4.5),
    }
}

fn main() {}
