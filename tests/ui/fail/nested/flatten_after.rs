use tensor_core::prelude::*;

layer! {
    pub struct Rows: [seq, 8] -> [seq, 4] {
        inner: linear(4),
    }
}

layer! {
    pub struct Net: [seq, 8] -> [3] {
        rows: Rows,
        flatten,
        output: linear(12 -> 3),
    }
}

fn main() {}
