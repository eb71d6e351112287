use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        a: layer_norm(eps: 0.0),
        b: rms_norm(eps: -1e-6),
        c: rms_norm(eps: "small"),
    }
}

fn main() {}
