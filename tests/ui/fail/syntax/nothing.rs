use tensor_core::prelude::*;

layer! {}

fn main() {}
