use tensor_core::prelude::*;

layer! {
    pub struct Model: (ids: ids[n], kinds: ids[m]) -> [n, 8] {
        tokens: embedding(100 -> 8),
        kinds: embedding(2 -> 8, add: kinds),
    }
}

fn main() {}
