use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        Relu6,
        gelu { },
        a: dense(4),
        rellu,
        b: lin(4),
        residul { relu },
    }
}

fn main() {}
