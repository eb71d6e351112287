use tensor_core::prelude::*;

layer! {
    struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 8),
        relu,
        dropout(0.5),
        output: linear(8 -> 3),
    }
}

#[test]
fn a_step() {
    let device = Cpu::default();
    let mut net = TwoLayer::new(&device);
    let mut optimizer = Sgd::new(&net, SgdConfig::default());
    let loss = net.forward_train(device.ones::<Rank2<2, 4>>(), Gradients::leaky()).mean();
    optimizer.update(&mut net, &loss.backward()).expect("all weights have gradients");
}
