//! The smallest network, with leading axes of every kind.

use tensor_core::prelude::*;

layer! {
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 8),
        relu,
        output: linear(8 -> 3),
    }
}

#[test]
fn any_leading_axes() {
    let device = Cpu::default();
    let net = TwoLayer::new(&device);
    assert_eq!(TwoLayer::PARAMS, 4 * 8 + 8 + 8 * 3 + 3);
    let _: Tensor<Rank1<3>, f32, _> = net.forward(device.zeros::<Rank1<4>>());
    let _: Tensor<Rank2<32, 3>, f32, _> = net.forward(device.zeros::<Rank2<32, 4>>());
    let _: Tensor<Rank4<2, 5, 7, 3>, f32, _> = net.forward(device.zeros::<Rank4<2, 5, 7, 4>>());
    let y: Tensor<(usize, Const<3>), f32, _> = net.forward(device.zeros_like(&(32, Const)));
    assert_eq!(*y.shape(), (32, Const));
}
