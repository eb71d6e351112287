//! Attention, sequences, images, ids.

use super::*;

networks! {
    one_head(Const<5>, Const<6>): [n, 6] -> [n, 6] { attend: attention(bias: true) }
    one_head_alone(Const<2>, Const<5>, Const<6>): [n, 6] -> [n, 3] {
        attend: attention(w_q: [6, 4], w_k: [6, 4], w_v: [6, 3])
    }
    heads(Const<2>, Const<5>, Const<6>): [n, 6] -> [n, 6] { attend: attention(heads: 2) }
    heads_of_one_position(Const<2>, Const<1>, Const<6>): [n, 6] -> [n, 6] { attend: attention(heads: 2, mask: causal) }
    causal(Const<2>, Const<5>, Const<6>): [n, 6] -> [n, 6] { attend: attention(heads: 3, mask: causal, bias: false) }
    window(Const<2>, Const<7>, Const<6>): [n, 6] -> [n, 6] { attend: attention(heads: 2, mask: window(2)) }
    grouped(Const<2>, Const<5>, Const<8>): [n, 8] -> [n, 8] { attend: attention(heads: 4, kv_heads: 2, mask: causal) }
    one_kv_head(Const<2>, Const<4>, Const<8>): [n, 8] -> [n, 8] { attend: attention(heads: 4, kv_heads: 1) }
    rope(Const<2>, Const<5>, Const<8>): [n, 8] -> [n, 8] {
        attend: attention(heads: 2, mask: causal, rope: 10_000.0, bias: false)
    }
    rope_of_groups_with_norms(Const<2>, Const<4>, Const<8>): [n, 8] -> [n, 8] {
        attend: attention(heads: 4, kv_heads: 2, rope: 100.0, qk_norm: true)
    }
    wide_values(Const<2>, Const<4>, Const<6>): [n, 6] -> [n, 5] {
        attend: attention(6 -> 5, heads: 3, w_q: [6, 9], w_k: [6, 9], w_v: [6, 12], w_o: [12, 5])
    }
    learned_positions(Const<2>, Const<4>, Const<6>): [n, 6] -> [n, 6] { places: positional(7) }
    sinusoidal_positions(Const<2>, Const<4>, Const<6>): [n, 6] -> [n, 6] { positional(7, kind: sinusoidal) }
    class_token(Const<2>, Const<4>, Const<5>): [n, 5] -> [n + 1, 5] { class: class_token }
    pool_mean(Const<2>, Const<4>, Const<5>): [n, 5] -> [5] { pool(mean) }
    pool_max(Const<2>, Const<4>, Const<5>): [n, 5] -> [5] { pool(max) }
    pool_first(Const<2>, Const<4>, Const<5>): [n, 5] -> [5] { pool(first) }
    pool_last(Const<2>, Const<4>, Const<5>): [n, 5] -> [5] { pool(last) }
    patches(Const<2>, Const<2>, Const<4>, Const<6>): [2, 4, 6] -> [6, 8] { patches(2) }
    conv2d(Const<2>, Const<2>, Const<5>, Const<4>): [2, 5, 4] -> [3, 4, 3] { conv: conv2d(2 -> 3, kernel: 2) }
    conv2d_with_strides(Const<2>, Const<2>, Const<7>, Const<6>): [2, 7, 6] -> [3, 4, 3] {
        conv: conv2d(2 -> 3, kernel: 3, stride: 2, padding: 1, bias: false)
    }
    max_pool2d(Const<2>, Const<2>, Const<4>, Const<6>): [2, 4, 6] -> [2, 2, 3] { max_pool2d(2) }
    avg_pool2d(Const<2>, Const<2>, Const<4>, Const<6>): [2, 4, 6] -> [2, 2, 3] { avg_pool2d(2) }
    encoder_pre_norm(Const<2>, Const<4>, Const<6>): [n, 6] -> [n, 6] {
        residual { norm_1: layer_norm, attend: attention(heads: 2) },
        residual { norm_2: layer_norm, up: linear(9), gelu, down: linear(6) }
    }
    encoder_post_norm(Const<2>, Const<4>, Const<6>): [n, 6] -> [n, 6] {
        residual { attend: attention(heads: 2) }, norm_1: layer_norm,
        residual { up: linear(9), gelu_tanh, down: linear(6) }, norm_2: layer_norm
    }
    parallel_branches(Const<2>, Const<4>, Const<6>): [n, 6] -> [n, 12] {
        fork(concat) {
            left: { a: attention(heads: 2, mask: causal) },
            right: { b: attention(heads: 3, rope: 50.0), places: positional(5) },
        }
    }
    vit(Const<2>, Const<1>, Const<4>, Const<4>): [1, 4, 4] -> [3] {
        patches(2), embed: linear(4 -> 6), class: class_token, places: positional(5),
        residual { norm: rms_norm, attend: attention(heads: 2) }, pool(first), head: linear(6 -> 3)
    }
    convolutional(Const<2>, Const<1>, Const<6>, Const<6>): [1, 6, 6] -> [3] {
        conv_1: conv2d(1 -> 4, kernel: 3, padding: 1), tanh, avg_pool2d(2),
        conv_2: conv2d(4 -> 2, kernel: 2), silu, flatten, head: linear(8 -> 3)
    }
}

/// `side` is held by a closure and the main input is checked, then the other way round.
macro_rules! with_side {
    ($($name:ident: ($($input:tt)*) -> [$($output:tt)*] { $($body:tt)* } on $x:ty, $side:ty;)*) => {$(
        mod $name {
            use super::*;
            layer! { pub struct Net: ($($input)*) -> [$($output)*] { $($body)* } }

            #[test]
            fn gradients() {
                let (x, side) = (input::<$x>(1), input::<$side>(2));
                let net = || Net::<f64, _>::build(&Cpu::default());
                gradients_hold::<_, $x, _>(net(), |net, x| net.forward(x, side.clone()));
                gradients_hold::<_, $side, _>(net(), |net, side| {
                    let (side, tape) = side.split_tape();
                    net.forward(x.clone().put_tape(tape), side)
                });
            }
        }
    )*};
}

with_side! {
    cross: (x: [n, 6], context: [m, 4]) -> [n, 6] { attend: attention(heads: 2, context: context) }
        on Rank3<2, 5, 6>, Rank3<2, 3, 4>;
    cross_with_a_shared_context: (x: [n, 6], memory: [m, 4]) -> [n, 6] {
        attend: attention(heads: 3, kv_heads: 1, rope: 20.0, context: memory)
    } on Rank3<2, 5, 6>, Rank2<3, 4>;
    decoder: (x: [n, 6], context: [m, 6]) -> [n, 6] {
        residual { norm_1: layer_norm, attend: attention(heads: 2, mask: causal) },
        residual { norm_2: layer_norm, cross: attention(heads: 3, context: context) },
        residual { norm_3: layer_norm, up: linear(8), gelu, down: linear(6) },
    } on Rank3<2, 4, 6>, Rank3<2, 3, 6>;
}

/// A mask is held by the closure; it has no gradient.
macro_rules! masked {
    ($($name:ident: [$($output:tt)*] { $($body:tt)* })*) => {$(
        mod $name {
            use super::*;
            layer! { pub struct Net: (x: [n, 6], mask: [n]) -> [$($output)*] { $($body)* } }

            #[test]
            fn gradients() {
                let mask = Cpu::default().tensor([[1.0, 1.0, 0.0, 0.0], [0.0, 1.0, 1.0, 1.0]]);
                let net = Net::<f64, _>::build(&Cpu::default());
                gradients_hold::<_, Rank3<2, 4, 6>, _>(net, |net, x| net.forward(x, mask.clone()));
            }
        }
    )*};
}

masked! {
    padding: [n, 6] { attend: attention(heads: 2, mask: padding) }
    mean: [6] { pool(mean) }
    max: [6] { pool(max) }
    first: [6] { pool(first) }
    last: [6] { pool(last) }
    encoder: [3] { residual { norm: layer_norm, attend: attention(heads: 2, mask: padding) }, pool(mean), head: linear(3) }
}

/// Ids are held by the closure; a dummy brings the tape, and must have no gradient.
macro_rules! on_ids {
    ($($name:ident: [$($output:tt)*] { $($body:tt)* })*) => {$(
        mod $name {
            use super::*;
            layer! { pub struct Net: ids[n] -> [$($output)*] { $($body)* } }

            #[test]
            fn gradients() {
                let ids = Cpu::default().tensor([[3, 0, 3, 6], [1, 1, 5, 2]]);
                let net = Net::<f64, _>::build(&Cpu::default());
                gradients_hold::<_, Rank1<1>, _>(net, |net, dummy| {
                    net.forward(ids.clone().put_tape(dummy.split_tape().1))
                });
            }
        }
    )*};
}

on_ids! {
    embedding: [n, 5] { tokens: embedding(7 -> 5) }
    tied: [n, 7] { tokens: embedding(7 -> 5), norm: rms_norm, unembed(7, tie: tokens) }
    embeddings_joined: [n, 4] { fork(mul) { a: { table_a: embedding(7 -> 4) }, b: { table_b: embedding(7 -> 4) } } }
    gpt: [n, 7] {
        tokens: embedding(7 -> 6), places: positional(4),
        residual { norm_1: layer_norm, attend: attention(heads: 2, mask: causal) },
        residual { norm_2: layer_norm, up: linear(9), gelu, down: linear(6) },
        norm: layer_norm, unembed(7, tie: tokens)
    }
}
