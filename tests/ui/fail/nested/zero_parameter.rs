use tensor_core::prelude::*;

layer! {
    pub struct Block<const D: usize, const F: usize>: [D] -> [D] {
        up: linear(D -> F),
        gelu,
        down: linear(F -> D),
    }
}

assert_layer!(Block<8, 0>);
assert_layer!(Block<0, 8>);

fn main() {}
