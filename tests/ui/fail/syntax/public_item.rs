use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [3] {
        pub hidden: linear(4 -> 8),
        relu,
        pub(crate) output: linear(8 -> 3),
    }
}

fn main() {
    let _ = Net::new(&Cpu::default()).hidden;
}
