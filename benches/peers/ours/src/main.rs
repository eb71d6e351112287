//! The tasks of the comparison in tensor-dsl: task names as arguments, one JSON line for each.

mod bench;

use bench::Bench;
use tensor_core::decode::KvCache;
use tensor_core::loss::{CrossEntropy, MeanSquares};
use tensor_core::optim::{Adam, Optimizer};
use tensor_core::prelude::*;

layer! { struct Iris: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) } }

layer! { struct Mlp: [784] -> [10] { hidden: linear(784 -> 512), relu, output: linear(512 -> 10) } }

layer! {
    struct Block: [n, 256] -> [n, 256] {
        residual { attend: attention(heads: 8) }, norm_1: layer_norm,
        residual { up: linear(256 -> 1024), relu, down: linear(1024 -> 256) }, norm_2: layer_norm,
    }
}

layer! { struct Encoder: [n, 256] -> [n, 256] { blocks: [Block; 6] } }

attention! { struct Mha: [n, 512] -> [n, 512] { heads: 8 } }

layer! {
    struct DecoderBlock<const D: usize, const F: usize, const H: usize>: [n, D] -> [n, D] where F == 4 * D, D % H == 0 {
        residual { norm_1: layer_norm, attend: attention(heads: H, mask: causal) },
        residual { norm_2: layer_norm, up: linear(F), gelu, down: linear(D) },
    }
}

layer! {
    struct Large: ids[n] -> [n, 65] {
        tokens: embedding(65 -> 384),
        places: positional(128),
        blocks: [DecoderBlock<384, 1536, 6>; 6],
        norm: layer_norm,
        unembed(65, tie: tokens),
    }
}

layer! {
    struct Hamlet: ids[n] -> [n, 65] {
        tokens: embedding(65 -> 128),
        places: positional(128),
        blocks: [DecoderBlock<128, 512, 4>; 4],
        norm: layer_norm,
        unembed(65, tie: tokens),
    }
}

layer! { struct Square: [1000] -> [1000] { product: linear(1000 -> 1000, bias: false) } }

layer! { struct Ten: [3163] -> [3163] { product: linear(3163 -> 3163, bias: false) } }

macro_rules! mlp_train {
    ($bench:ident, $device:ident, $task:expr, $Net:ident, $batch:literal, $inputs:literal, $outputs:literal) => {
        if $bench.wants($task) {
            let mut net = $Net::new(&$device);
            let mut optimizer = Optimizer::new(Adam::default());
            let x: Tensor<Rank2<$batch, $inputs>, f32, Cpu> = $device.sample_normal();
            let labels: Vec<usize> = (0..$batch).map(|row| row % $outputs).collect();
            let mut last = f32::NAN;
            $bench.run($task, 500, || {
                last = optimizer.train_step(&mut net, x.clone(), CrossEntropy(&labels)).unwrap();
            });
            $bench.loss($task, last);
        }
    };
}

macro_rules! encoder_train {
    ($bench:ident, $device:ident, $task:expr, $Net:ident, $Shape:ty) => {
        if $bench.wants($task) {
            let mut net = $Net::new(&$device);
            let mut optimizer = Optimizer::new(Adam::default());
            let x: Tensor<$Shape, f32, Cpu> = $device.sample_normal();
            let target: Tensor<$Shape, f32, Cpu> = $device.sample_normal();
            let mut last = f32::NAN;
            $bench.run($task, 100, || {
                last = optimizer.train_step(&mut net, x.clone(), MeanSquares(&target)).unwrap();
            });
            $bench.loss($task, last);
        }
    };
}

macro_rules! adam {
    ($bench:ident, $device:ident, $task:literal, $Net:ident, $side:literal) => {
        if $bench.wants($task) {
            let mut net = $Net::new(&$device);
            let mut optimizer = Optimizer::new(Adam::default());
            let x: Tensor<Rank2<1, $side>, f32, Cpu> = $device.sample_normal();
            let mut gradients = net.forward_train(x, net.alloc_grads()).square().sum().backward();
            $bench.run($task, 500, || optimizer.update(&mut net, &mut gradients).unwrap());
        }
    };
}

/// One token at a time; begins anew where the positions end.
macro_rules! decode {
    ($bench:ident, $device:ident, $task:literal, $Net:ident) => {
        if $bench.wants($task) {
            let net = $Net::new(&$device);
            let mut cache = KvCache::new(128);
            let token = $device.tensor([[7usize]]);
            $bench.run($task, 2000, || {
                if cache.len() == 128 {
                    cache.clear();
                }
                cache.step(&net, token.clone()).unwrap()
            });
        }
    };
}

mod sizes; // here, since it uses the macros

fn main() {
    let bench = Bench::new();
    let device = Cpu::seed_from_u64(0);

    mlp_train!(bench, device, "mlp_train_b128", Mlp, 128, 784, 10);
    mlp_train!(bench, device, "mlp_train_iris_b16", Iris, 16, 4, 3);

    if bench.wants("mlp_fwd_b1") || bench.wants("mlp_fwd_b128") {
        let net = Mlp::new(&device).freeze();
        let x: Tensor<Rank2<1, 784>, f32, _> = device.sample_normal();
        bench.run("mlp_fwd_b1", 2000, || net.forward(x.clone()));
        let x: Tensor<Rank2<128, 784>, f32, _> = device.sample_normal();
        bench.run("mlp_fwd_b128", 2000, || net.forward(x.clone()));
    }

    if bench.wants("encoder_fwd") {
        let x: Tensor<Rank3<8, 128, 256>, f32, Cpu> = device.sample_normal();
        let block = Block::new(&device).freeze();
        bench.run("encoder_fwd", 200, || block.forward(x.clone()));
    }
    encoder_train!(bench, device, "encoder_train", Block, Rank3<8, 128, 256>);
    encoder_train!(bench, device, "encoder6_train", Encoder, Rank3<8, 128, 256>);

    if bench.wants("mha_fwd_1024") || bench.wants("mha_fwd_1024_fused") || bench.wants("mha_fwd_4096_fused") {
        let mha = Mha::new(&device).freeze();
        let x: Tensor<Rank3<1, 1024, 512>, f32, _> = device.sample_normal();
        bench.run("mha_fwd_1024", 100, || mha.forward(x.clone()));
        bench.run("mha_fwd_1024_fused", 100, || mha.forward(x.clone()));
        if bench.wants("mha_fwd_4096_fused") {
            let x: Tensor<Rank3<1, 4096, 512>, f32, _> = device.sample_normal();
            bench.run("mha_fwd_4096_fused", 100, || mha.forward(x.clone()));
        }
    }

    adam!(bench, device, "adam_1m", Square, 1000);
    adam!(bench, device, "adam_10m", Ten, 3163);
    decode!(bench, device, "decode_384", Large);
    decode!(bench, device, "decode_hamlet", Hamlet);
    sizes::run(&bench, device);
    bench.finish();
}
