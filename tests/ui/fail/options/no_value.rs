use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        a: layer_norm(eps: ),
        b: layer_norm(eps: -"x"),
        c: layer_norm(eps 1e-5),
        d: layer_norm(eps = 1e-5),
    }
}

fn main() {}
