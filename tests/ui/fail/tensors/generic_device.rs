use tensor_core::prelude::*;

layer! {
    pub struct TwoLayer: [4] -> [3] {
        output: linear(4 -> 3),
    }
}

pub fn generic<D: Device<f32>>(device: &D) {
    let net = TwoLayer::new(device);
    net.forward(device.zeros::<Rank2<32, 5>>());
}

fn main() {}
