#![deny(deprecated)]

use tensor_core::prelude::*;

layer! {
    struct LowRank: [8] -> [8] {
        down: linear(8 -> 2, bias: false),
        #[allow(deprecated)]
        up: linear(2 -> 8),
    }
}

#[test]
fn it_runs() {
    let device = Cpu::default();
    let _: Tensor<Rank1<8>, f32, _> = LowRank::new(&device).forward(device.zeros::<Rank1<8>>());
}
