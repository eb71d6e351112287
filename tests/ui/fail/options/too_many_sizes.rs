use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        a: linear(4, 8, 4),
        relu,
        b: rms_norm(4, 4),
        c: layer_norm(4 -> 4),
        d: linear(4 -> 8 -> 4),
    }
}

fn main() {}
