//! A residual in a fork in a residual, and all ways to join.

use tensor_core::prelude::*;

layer! {
    struct Blocks: [8] -> [17] {
        residual {
            norm: layer_norm,
            fork(add) {
                left: { residual { a: linear(8), tanh } },
                right: { b: linear(8 -> 4), relu, c: linear(8) },
            },
        },
        fork(mul) {
            gate: { d: linear(8), silu },
            value: { e: linear(8) },
        },
        fork(concat) {
            same: { sigmoid },
            wide: { f: linear(8 -> 9) },
        },
    }
}

#[test]
fn they_run() {
    let device = Cpu::default();
    let _: Tensor<Rank2<2, 17>, f32, _> = Blocks::new(&device).forward(device.zeros::<Rank2<2, 8>>());
}
