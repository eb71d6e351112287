//! Sizes that can't be computed are reported once each, and what follows from them is not.

use tensor_core::prelude::*;

const A: usize = 8;

layer! {
    pub struct Sums: [A - 8] -> [3] {
        one: linear(A - 9),
        relu,
        two: linear(16 -> usize::MAX * A + 1),
        relu,
        three: linear(A / 3 -> A / (A - 8)),
        residual { norm: rms_norm(A - 9), four: linear(A - 9) },
        output: linear(A -> 4),
    }
}

fn main() {}
