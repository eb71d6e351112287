use tensor_core::prelude::*;

layer! {
    struct Precise: [seq, 4] -> [seq, 3] {
        hidden: linear(4 -> 8),
        gelu,
        output: linear(8 -> 3),
    }
}

#[test]
fn it_runs() {
    let device = Cpu::default();
    let net = Precise::<f64, _>::build(&device);
    let _: Tensor<Rank2<2, 3>, f64, _> = net.forward(device.zeros::<Rank2<2, 4>>());
}
