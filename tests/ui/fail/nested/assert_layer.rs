use tensor_core::prelude::*;

layer! {
    pub struct Block<const D: usize, const F: usize>: [D] -> [D]
    where F == 4 * D
    {
        up: linear(D -> F),
        gelu,
        down: linear(F -> D),
    }
}

assert_layer!(Block<768, 3072>);
assert_layer!(Block<768, 3000>);

fn main() {}
