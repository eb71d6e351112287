//! Networks in networks: by name, by path, generic, in rows.

use tensor_core::prelude::*;

mod blocks {
    tensor_core::layer! {
        /// A block.
        pub struct Block<const D: usize, const F: usize>: [seq, D] -> [seq, D]
        where F == 4 * D
        {
            residual { up: linear(D -> F), gelu, down: linear(F -> D) },
        }
    }
}

const DEPTH: usize = 2;
const WIDTH: usize = 8;

layer! {
    struct Row<const D: usize, const F: usize>: [seq, D] -> [seq, D]
    where F == 4 * D
    {
        blocks: [blocks::Block<D, F>; 3],
        norm: rms_norm(D),
    }
}

layer! {
    struct Net: [n, 4] -> [n, 2] {
        up: linear(4 -> 8),
        first: self::blocks::Block<8, 32>,
        more: [Row<WIDTH, { 4 * WIDTH }>; DEPTH](rename: "encoder.rows"),
        fork(concat) { a: { relu }, b: { last: blocks::Block<8, 32> } },
        output: linear(2),
    }
}

layer! {
    struct Flat: [3, 4] -> [5] {
        net: Net,
        output_of_net: layer_norm,
        flatten,
        last: linear(6 -> 5),
    }
}

#[test]
fn they_run() {
    let device = Cpu::default();
    let net = Net::new(&device);
    assert_eq!((net.more.len(), net.more[0].blocks.len()), (2, 3));
    let y: Tensor<(usize, Const<2>), f32, _> = net.forward(device.zeros_like(&(3, Const)));
    assert_eq!(*y.shape(), (3, Const));
    let _: Tensor<Rank1<5>, f32, _> = Flat::new(&device).forward(device.zeros::<Rank2<3, 4>>());
}
