//! Networks in functions that are generic over the device.

use tensor_core::prelude::*;

layer! {
    struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 8),
        relu,
        output: linear(8 -> 3),
    }
}

fn scores<D: Device<f32>>(device: &D) -> Tensor<Rank2<2, 3>, f32, D> {
    TwoLayer::new(device).forward(device.zeros::<Rank2<2, 4>>())
}

#[test]
fn it_runs() {
    assert_eq!(scores(&Cpu::default()).array().len(), 2);
}
