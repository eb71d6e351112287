//! Whole networks: perceptrons, encoders, decoders, convolutions, networks in networks.

use super::*;

layer! {
    pub struct Block<const D: usize, const F: usize, const H: usize>: (x: [n, D], mask: [n]) -> [n, D]
    where F == 4 * D, D % H == 0
    {
        residual { norm_1: layer_norm, attend: attention(heads: H, mask: padding), dropout(0.1) },
        residual { norm_2: layer_norm, up: linear(F), gelu, down: linear(D), dropout(0.1) },
    }
}

// As Llama has it.
attention! {
    pub struct Grouped<const D: usize, const K: usize>: [n, D] -> [n, D]
    where D == 2 * K, D % 4 == 0, D / 4 % 2 == 0
    {
        heads: 4, kv_heads: 2, mask: causal, rope: 10_000.0, bias: false, w_k: [D, K], w_v: [D, K],
    }
}

layer! {
    pub struct Gated<const D: usize, const K: usize, const F: usize>: [n, D] -> [n, D]
    where D == 2 * K, D % 4 == 0, D / 4 % 2 == 0
    {
        residual { norm_1: rms_norm, attend: Grouped<D, K> },
        residual {
            norm_2: rms_norm,
            fork(mul) { gate: { w_gate: linear(F, bias: false), silu }, up: { w_up: linear(F, bias: false) } },
            down: linear(D, bias: false),
        },
    }
}

layer! {
    pub struct Decoding: (x: [n, 8], context: [m, 6], mask: [m]) -> [n, 8] {
        residual { norm_1: layer_norm, attend: attention(heads: 2, mask: causal) },
        residual { norm_2: layer_norm, cross: attention(heads: 4, mask: padding, context: context) },
        residual { norm_3: layer_norm, up: linear(16), relu, down: linear(8) },
    }
}

layer! { pub struct Pixels: [1, 6, 6] -> [5] {
    conv: conv2d(1 -> 3, kernel: 3), relu, max_pool2d(2), flatten, head: linear(5)
} }

layer! { pub struct Rows: [12] -> [5] { flatten, norm: layer_norm, fc: linear(5) } }

layer! { pub struct Tied: ids[n] -> [n, 7] {
    tokens: embedding(7 -> 4), residual { norm: layer_norm, tanh }, unembed(7, tie: tokens)
} }

cases! {
    (b, n, m)
    mlp: layer! { [20] -> [10] {
        fc1: linear(20 -> 16, rename: "first"), relu, fc2: linear(16 -> 12), relu, fc3: linear(12 -> 10), log_softmax
    } } on x(b, Const::<20>);
    encoder: layer! { (ids: ids[n], kinds: ids[n], mask: [n]) -> [3] {
        tokens: embedding(11 -> 16), kinds: embedding(2 -> 16, add: kinds), places: positional(9), norm: layer_norm,
        blocks: [Block<16, 64, 4>; 3], pool(mean), head: linear(3)
    } } on ids(11; b, n), kinds: ids(2; b, n), mask: mask(b, n);
    llama: layer! { ids[n] -> [n, 13] {
        tokens: embedding(13 -> 24), blocks: [Gated<24, 12, 40>; 2], norm: rms_norm, unembed(13, tie: tokens)
    } } on ids(13; b, n);
    llama_alone: layer! { ids[n] -> [n, 13] {
        tokens: embedding(13 -> 24), blocks: [Gated<24, 12, 40>; 2], norm: rms_norm, unembed(13, tie: tokens)
    } } on ids(13; n,);
    decoder: layer! { (x: [n, 8], memory: [m, 6], padding: [m]) -> [n, 8] {
        first: Decoding(context: memory, mask: padding), others: [Decoding; 2](context: memory, mask: padding),
        positional(10, kind: sinusoidal)
    } } on x(b, n, Const::<8>), memory: x(b, m, Const::<6>), padding: mask(b, m);
    convolutions: layer! { [3, 16, 16] -> [10] {
        conv_1: conv2d(3 -> 8, kernel: 3, padding: 1), relu, max_pool2d(2),
        residual { conv_2: conv2d(8 -> 8, kernel: 3, padding: 1), relu, conv_3: conv2d(8 -> 8, kernel: 1) },
        conv_4: conv2d(8 -> 12, kernel: 3, stride: 2, padding: 1), gelu, avg_pool2d(2), flatten, head: linear(10)
    } } on x(b, Const::<3>, Const::<16>, Const::<16>);
    transformer_of_images: layer! { [1, 8, 8] -> [3] {
        patches(2), embed: linear(4 -> 6), class: class_token, places: positional(17),
        residual { attend: attention(heads: 2) }, pool(first), head: linear(6 -> 3)
    } } on x(b, Const::<1>, Const::<8>, Const::<8>);
    of_each_row: layer! { [n, 12] -> [n, 5] {
        rows: Rows, residual { attend: attention(heads: 1, mask: window(2)) }
    } } on x(b, n, Const::<12>);
    pixels_of_frames: layer! { [1, 6, 6] -> [2] { frames: Pixels, head: linear(2) } }
        on x(b, n, Const::<1>, Const::<6>, Const::<6>);
    nested_ids: layer! { ids[n] -> [n, 2] { text: Tied, head: linear(7 -> 2) } } on ids(7; b, n);
    forked_ids: layer! { ids[n] -> [n, 12] {
        fork(concat) { left: { a: embedding(7 -> 2) }, right: { b: embedding(7 -> 3), tanh }, third: { c: Tied } }
    } } on ids(7; b, n);
    same_norms: layer! { [n, 4] -> [n, 8] {
        fork(concat) { left: { softmax, softmax }, right: { softmax } }
    } } on x(b, n, Const::<4>);
}

/// Angles of far positions are as exact as those of near ones.
mod long {
    use super::*;

    layer! { pub struct Net: [n, 8] -> [n, 8] { attend: attention(heads: 1, mask: window(4), rope: 10_000.0) } }

    #[test]
    fn is_written() {
        let mut net = Net::new(&Cpu::default());
        randomise(&mut net, 1);
        let mut case = Case::new("long");
        for n in [4_000, 3] {
            let x: Tensor<(usize, usize, Const<8>), f32, _> = numbers((1, n, Const));
            case.run(vec![("input", stored(&x))], stored(&net.forward(x)));
        }
        case.write(&net);
    }
}

/// In 64 bits.
mod double {
    use super::*;

    layer! {
        pub struct Net: (x: [n, 8], mask: [n]) -> [3] {
            residual { norm_1: layer_norm, attend: attention(heads: 2, mask: padding) },
            residual { norm_2: rms_norm, up: linear(16), silu, down: linear(8) },
            pool(mean), head: linear(3),
        }
    }

    #[test]
    fn is_written() {
        let mut net = Net::<f64, _>::build(&Cpu::default());
        randomise(&mut net, 1);
        let mut case = Case::new("double");
        for (b, n, _) in SIZES {
            let x: Tensor<(usize, usize, Const<8>), f64, _> = numbers((b, n, Const));
            let mask: Tensor<(usize, usize), f64, _> = mask((b, n));
            let y = net.forward(x.clone(), mask.clone());
            case.run(vec![("input", stored(&x)), ("mask", stored(&mask))], stored(&y));
        }
        case.write(&net);
    }
}
