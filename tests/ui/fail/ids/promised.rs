use tensor_core::prelude::*;

layer! { pub struct Nothing: ids[n] -> ids[n] {} }

layer! {
    pub struct Words: ids[n] -> ids[n, 8] {
        words: embedding(50 -> 8),
    }
}

fn main() {}
