//! Images: convolutions, pools, patches; sizes of literals, consts and parameters.

use tensor_core::prelude::*;

const SIDE: usize = 8;

layer! {
    struct Convolutional: [3, SIDE, SIDE] -> [10] {
        conv_1: conv2d(3 -> 4, kernel: 3, padding: 1), relu, max_pool2d(2),
        conv_2: conv2d(4 -> 6, kernel: 3, stride: 2), relu, avg_pool2d(1),
        flatten,
        head: linear(10),
    }
}

layer! {
    struct Vit<const P: usize>: [1, 8, 8] -> [3] where 8 % P == 0, P == 2 {
        patches(P), embed: linear(4 -> 6), class: class_token, places: positional(17),
        attend: attention(heads: 2), pool(first), head: linear(6 -> 3),
    }
}

layer! { struct Halved<const C: usize>: [C, 8, 8] -> [C, 4, 4] { max_pool2d(2) } }

// After another network only rustc knows the axes.
layer! {
    struct After: [2, 8, 8] -> [5] {
        half: Halved<2>,
        conv: conv2d(2 -> 3, kernel: 3, padding: 1),
        relu,
        max_pool2d(2),
        patches(2),
        class: class_token,
        pool(mean),
        head: linear(12 -> 5),
    }
}

#[test]
fn they_run() {
    let device = Cpu::default();
    let _: Tensor<Rank2<2, 10>, f32, _> =
        Convolutional::new(&device).forward(device.sample_normal::<Rank4<2, 3, SIDE, SIDE>>());
    let _: Tensor<Rank1<3>, f32, _> =
        Vit::<2>::new(&device).forward(device.sample_normal::<Rank3<1, 8, 8>>());
    let _: Tensor<Rank1<5>, f32, _> = After::new(&device).forward(device.sample_normal::<Rank3<2, 8, 8>>());
}
