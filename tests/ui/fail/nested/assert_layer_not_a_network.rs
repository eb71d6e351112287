use tensor_core::prelude::*;

assert_layer!(String);
assert_layer!();

fn main() {}
