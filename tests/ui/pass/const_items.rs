use tensor_core::prelude::*;

const WIDTH: usize = 8;
const HEADS: usize = 2;

mod config {
    pub(super) const FEATURES: usize = 4;
}

layer! {
    struct Sizes: [config::FEATURES] -> [WIDTH / HEADS]
    where WIDTH % HEADS == 0, config::FEATURES < WIDTH, 2 * config::FEATURES == WIDTH
    {
        up: linear(self::config::FEATURES -> 2 * WIDTH + 1),
        relu,
        down: linear(1 + WIDTH * 2 -> WIDTH),
        silu,
        norm: layer_norm,
        residual { inner: linear(WIDTH -> 2 * (WIDTH - 1)), tanh, outer: linear(8) },
        output: linear(8 -> 4),
    }
}

#[test]
fn they_run() {
    let device = Cpu::default();
    let y: Tensor<Rank1<4>, f32, _> = Sizes::new(&device).forward(device.zeros::<Rank1<4>>());
    assert_eq!(y.array().len(), 4);
}
