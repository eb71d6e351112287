use tensor_core::prelude::*;

layer! {
    pub struct TwoLayer: [4] -> [3] {
        output: linear(4 -> 3),
    }
}

fn main() {
    let device = Cpu::default();
    let net = TwoLayer::new(&device);
    let _: Tensor<Rank2<32, 10>, f32, _> = net.forward(device.zeros::<Rank2<32, 4>>());
}
