use tensor_core::prelude::*;

layer! {
    pub struct AllOps: [3, 4] -> [5] {
        first: linear(4 -> 8, bias: false),
        relu, gelu, gelu_tanh, silu, tanh, sigmoid, softmax, log_softmax,
        norm: layer_norm(eps: 1e-4),
        scale: rms_norm,
        same: rms_norm(8, eps: 1e-5),
        dropout(0.1), dropout(0),
        adapted: lora(8 -> 6, rank: 2, alpha: 4),
        inferred: lora(4, rank: 1, alpha: 1, bias: true),
        flatten,
        output: linear(5),
    }
}

#[test]
fn they_run() {
    let device = Cpu::default();
    let y: Tensor<Rank2<2, 5>, f32, _> = AllOps::new(&device).forward(device.zeros::<Rank3<2, 3, 4>>());
    assert!(y.as_vec().iter().all(|y| y.is_finite()));
}
