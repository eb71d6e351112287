use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        #[cfg(test)]
        a: linear(4),
        #[cfg_attr(test, allow(unused))]
        relu,
    }
}

fn main() {}
