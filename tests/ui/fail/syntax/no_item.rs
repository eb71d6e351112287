use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        hidden: ,
        8,
        "relu",
        , ,
        relu,
    }
}

fn main() {}
