use tensor_core::prelude::*;

layer! {
    pub struct Three: [4] -> [8] {
        fork(add) {
            a: { one: linear(8) },
            b: { two: linear(8) },
            c: { three: linear(4 -> 6) },
        },
    }
}

fn main() {}
