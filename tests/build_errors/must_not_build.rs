//! `cargo check` accepts this program, `cargo build` does not: see tests/build_errors.rs.

use tensor_core::prelude::*;

layer! {
    struct Block<const D: usize, const F: usize>: [D] -> [D]
    where F == 4 * D
    {
        up: linear(D -> F),
        gelu,
        down: linear(F -> D),
    }
}

type B = Block<768, 3000>;

fn main() {
    let _ = B::new(&Cpu::default());
}
