//! Const parameters under relations, head sizes, and a size that a relation makes writable.

use tensor_core::prelude::*;

layer! {
    struct Block<const D: usize, const F: usize>: [seq, D] -> [seq, D]
    where F == 4 * D
    {
        residual { norm: layer_norm, up: linear(D -> 4 * D), gelu, down: linear(F -> D) },
    }
}

layer! {
    struct Heads<const D: usize, const H: usize>: [D] -> [D]
    where D % H == 0, H <= 512, H > 1
    {
        mix: linear(D -> D / H * H),
        relu,
        back: linear(H * (D / H) -> D),
    }
}

layer! {
    struct HeadSize<const D: usize, const H: usize, const S: usize>: [D] -> [H]
    where D == H * S, S >= 2
    {
        split: linear(D -> D / H),
        tanh,
        join: linear(S -> H),
    }
}

assert_layer!(Block<768, 3072>);
assert_layer!(Heads<768, 12>);
assert_layer!(HeadSize<64, 8, 8>);

#[test]
fn they_run() {
    let device = Cpu::default();
    let _: Tensor<Rank2<3, 8>, f32, _> = Block::<8, 32>::new(&device).forward(device.zeros::<Rank2<3, 8>>());
    let _: Tensor<Rank1<6>, f32, _> = Heads::<6, 3>::new(&device).forward(device.zeros::<Rank1<6>>());
    let _: Tensor<Rank1<3>, f32, _> = HeadSize::<6, 3, 2>::new(&device).forward(device.zeros::<Rank1<6>>());
}
