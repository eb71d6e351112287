#![deny(deprecated)]

use tensor_core::prelude::*;

layer! {
    pub struct Inside: [4] -> [4] {
        residual {
            fork(mul) {
                left: { a: linear(8), b: linear(4) },
                right: { #[allow(deprecated)] c: linear(8), d: linear(4) },
            },
        },
    }
}

fn main() {}
