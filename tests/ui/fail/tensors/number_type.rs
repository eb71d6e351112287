use tensor_core::prelude::*;

layer! {
    pub struct TwoLayer: [4] -> [3] {
        output: linear(4 -> 3),
    }
}

fn main() {
    let device = Cpu::default();
    let net = TwoLayer::new(&device);
    net.forward(device.zeros::<Rank1<4>>().to_dtype::<f64>());
}
