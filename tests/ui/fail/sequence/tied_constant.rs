use tensor_core::prelude::*;

const WORDS: usize = 5;
const OTHERS: usize = 3;

layer! {
    pub struct Net: ids[n] -> [n, OTHERS] {
        words: embedding(WORDS -> 8),
        residual { norm: layer_norm },
        unembed(OTHERS, tie: words),
    }
}

layer! {
    pub struct Generic<const V: usize>: ids[n] -> [n, V] {
        words: embedding(V -> 8),
        unembed(V, tie: words),
    }
}
assert_layer!(Generic<WORDS>);

fn main() {}
