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
    let x: Tensor<(usize, Const<5>), f32, _> = device.zeros_like(&(32, Const));
    net.forward_train(x, Gradients::leaky());
}
