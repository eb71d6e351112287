//! After the mistake the chain goes on with what the residual takes: nothing else is reported.

use tensor_core::prelude::*;

layer! {
    pub struct Block: [8] -> [3] {
        residual {
            up: linear(16),
        },
        output: linear(8 -> 3),
    }
}

fn main() {}
