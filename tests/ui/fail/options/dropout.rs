use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        dropout,
        dropout(1.0),
        dropout(-0.1),
        dropout("0.1"),
        dropout(p),
        dropout(p: 0.1),
        dropout(0.1, 0.2),
    }
}

fn main() {}
