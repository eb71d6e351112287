//! Without axes there is no network.

use tensor_core::prelude::*;

layer! {
    pub struct Net {
        relu,
    }
}

fn main() {
    Net::new(&Cpu::default());
}
