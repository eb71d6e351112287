//! The struct and its methods exist in spite of the mistake, so its uses add no errors.

use tensor_core::prelude::*;

layer! {
    /// With a mistake.
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 8),
        relu,
        output: linear(9 -> 3),
    }
}

fn main() {
    let device = Cpu::default();
    let net = TwoLayer::new(&device);
    let y: Tensor<Rank2<2, 3>, f32, Cpu> = net.forward(device.zeros::<Rank2<2, 4>>());
    println!("{:?} {} {:?}", y.array(), TwoLayer::PARAMS, net.hidden);
}
