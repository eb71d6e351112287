use tensor_core::prelude::*;

layer! {
    struct Longer: [rows, seq, 4] -> [rows, seq, 3] {
        up: linear(8),
        relu,
        down: linear(3),
    }
}

layer! {
    struct Shifted: [seq + 1, 4] -> [seq + 1, 8] {
        up: linear(8),
    }
}

#[test]
fn they_run() {
    let device = Cpu::default();
    let net = Longer::new(&device);
    let y: Tensor<(Const<2>, usize, Const<5>, Const<3>), f32, _> =
        net.forward(device.zeros_like(&(Const::<2>, 7, Const::<5>, Const::<4>)));
    assert_eq!(y.shape().concrete(), [2, 7, 5, 3]);
    let _: Tensor<Rank2<6, 8>, f32, _> = Shifted::new(&device).forward(device.zeros::<Rank2<6, 4>>());
}
