//! A line that can't be read is reported and skipped; mistakes after it are found as well.

use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [3] {
        hidden: linear(4 -> "8"),
        relu,
        middle: linear(16 -> 9),
        relu,
        output: linear(8 -> 3),
    }
}

fn main() {}
