//! Attention in all forms: literals, parameters, const items, aliases, after other networks.

use tensor_core::prelude::*;

const WIDTH: usize = 8;
const HEADS: usize = 4;

attention! { struct Head: [seq, 8] -> [seq, 4] { w_q: [8, 4], w_k: [8, 4], w_v: [8, 4] } }

attention! {
    struct Every<const D: usize, const K: usize, const H: usize>: (x: [n, D], mask: [n]) -> [n, D]
    where D % H == 0, H == 2 * 2, D == 2 * K, D / H % 2 == 0
    {
        heads: H,
        kv_heads: 2,
        mask: padding,
        rope: 1e4,
        dropout: 0.1,
        bias: true,
        qk_norm: false,
        w_q: [D, D], w_k: [D, K], w_v: [D, K], w_o: [D, D],
    }
}

attention! {
    struct OfConsts: [n, WIDTH] -> [n, WIDTH] {
        heads: HEADS, kv_heads: HEADS / 2, mask: window(WIDTH), rope: 10.0,
    }
}

attention! { struct Cross: [n, 6] -> [n, 6] { heads: 3, context: [m, 4] } }

layer! {
    struct Block<const D: usize, const F: usize, const H: usize>: [n, D] -> [n, D] where F == 4 * D, D % H == 0 {
        residual { norm_1: layer_norm, attend: attention(heads: H, mask: causal) },
        residual { norm_2: layer_norm, up: linear(F), gelu, down: linear(D) },
    }
}

type Small = Block<8, 32, 2>;
assert_layer!(Small);

// After another network only rustc knows the width.
layer! {
    struct Net: [n, WIDTH] -> [n, 3] {
        blocks: [Block<8, 32, 4>; 2],
        attend: attention(heads: HEADS),
        other: Block<8, 32, 2>,
        grouped: attention(WIDTH -> 6, heads: HEADS, kv_heads: 1, mask: none),
        norm: rms_norm,
        head: linear(3),
    }
}

#[test]
fn they_run() {
    let device = Cpu::default();
    let x: Tensor<(usize, Const<8>), f32, _> = device.sample_normal_like(&(5, Const));
    let _: Tensor<(usize, Const<4>), f32, _> = Head::new(&device).forward(x.clone());
    let _: Tensor<(usize, Const<8>), f32, _> = OfConsts::new(&device).forward(x.clone());
    let every = Every::<8, 4, 4>::new(&device);
    let _: Tensor<(usize, Const<8>), f32, _> = every.forward(x.clone(), device.ones_like(&(5,)));
    let _: Tensor<(usize, Const<3>), f32, _> = Net::new(&device).forward(x.clone());
    let _: Tensor<Rank3<2, 5, 3>, f32, _> =
        Net::new(&device).forward(device.sample_normal::<Rank3<2, 5, 8>>());
    let cross = Cross::new(&device);
    let y: Tensor<Rank3<2, 5, 6>, f32, _> =
        cross.forward(device.sample_normal::<Rank3<2, 5, 6>>(), device.sample_normal::<Rank2<3, 4>>());
    assert!(y.as_vec().iter().all(|y| y.is_finite()));
}

/// Twelve heads share 768 features; `Gpt::PARAMS` is a constant, and nothing of its size is allocated.
#[test]
fn large_ones_are_only_counted() {
    layer! {
        struct Gpt: ids[n] -> [n, 50257] {
            tokens: embedding(50257 -> 768), places: positional(1024), blocks: [Block<768, 3072, 12>; 12],
            norm: layer_norm, unembed(50257, tie: tokens),
        }
    }
    const { assert!(Gpt::PARAMS == 124_439_808) }
}
