use tensor_core::prelude::*;

layer! {
    pub Net: [4] -> [4] {
        relu,
    }
}

fn main() {}
