use tensor_core::prelude::*;

layer! {
    pub struct Block<const D: usize>: [n, D] -> [n, D] {
        norm: layer_norm,
    }
}

layer! {
    pub struct Net<const D: usize>: [n, D] -> [n, D] {
        block: Block<D>,
        norm: rms_norm(eps: 1e-5),
        token: class_token,
        places: positional(64, kind: learned),
        written: rms_norm(D, eps: 1e-5),
        also: class_token(D),
        sized: positional(64, width: D),
    }
}

layer! {
    pub struct Wrong: [n, 8] -> [n + 1, 8] {
        token: class_token(9),
        places: positional(64, width: 7),
        others: positional(64, width: true),
    }
}

fn main() {}
