use tensor_core::prelude::*;

layer! {
    pub struct Gated: [4] -> [8] {
        fork(mul) {
            gate: { up: linear(4 -> 8), silu },
            value: { relu },
        },
    }
}

fn main() {}
