use tensor_core::prelude::*;

layer! {
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 8),
        relu,
        output: linear(8 -> 3),
    }
}

fn main() {
    let device = Cpu::default();
    let net = TwoLayer::new(&device);
    net.forward(device.zeros::<Rank2<32, 5>>());
}
