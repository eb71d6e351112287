//! Const parameters and networks may have the names that the expansion would like to use.

use tensor_core::prelude::*;

layer! {
    struct Hygienic<const E: usize, const D: usize, const S: usize, const T: usize>: [E] -> [T] {
        a: linear(E -> D),
        relu,
        b: linear(D -> S),
        relu,
        c: linear(T),
    }
}

layer! {
    struct Others<const V: usize, const E_: usize, const E2: usize, const D2: usize, const AXES: usize>: [V] -> [E2]
    where D2 == AXES
    {
        a: linear(E_),
        relu,
        c: linear(E_ -> D2),
        relu,
        d: linear(AXES -> D2),
        relu,
        b: linear(E2),
    }
}

mod networks {
    use tensor_core::prelude::*;

    layer! {
        pub(super) struct E: [2] -> [2] {
            a: linear(2),
        }
    }

    layer! {
        pub(super) struct D: [2] -> [2] {
            e: E,
            tanh,
            more: [E; 2],
        }
    }
}

#[test]
fn they_run() {
    let device = Cpu::default();
    let net = Hygienic::<2, 3, 4, 5>::new(&device);
    let _: Tensor<Rank1<5>, f32, _> = net.forward(device.zeros::<Rank1<2>>());
    let _: Tensor<Rank1<4>, f32, _> =
        Others::<2, 3, 4, 5, 5>::new(&device).forward(device.zeros::<Rank1<2>>());
    let _: Tensor<Rank1<2>, f32, _> = networks::D::new(&device).forward(device.zeros::<Rank1<2>>());
}
