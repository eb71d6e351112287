//! The struct exists as well where an op is unknown: only its field is missing.

use tensor_core::prelude::*;

layer! {
    pub struct TwoLayer: [4] -> [3] {
        hidden: linaer(4 -> 8),
        relu,
        output: linear(8 -> 3),
    }
}

fn main() {
    let device = Cpu::default();
    let net = TwoLayer::new(&device);
    let _: Tensor<Rank1<3>, f32, Cpu> = net.forward(device.zeros::<Rank1<4>>());
}
