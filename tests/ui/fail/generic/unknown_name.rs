use tensor_core::prelude::*;

layer! {
    pub struct Net<const MODEL: usize>: [MODEL] -> [MODEL] {
        up: linear(Model),
        relu,
        mix: linear(Hidden -> MODEL),
    }
}

fn main() {}
