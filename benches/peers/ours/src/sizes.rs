//! The same comparison at other sizes than the goals': odd widths, many narrow layers, other lengths.

use tensor_core::loss::{CrossEntropy, MeanSquares};
use tensor_core::optim::{Adam, Optimizer};
use tensor_core::prelude::*;

use crate::bench::Bench;

layer! {
    struct Odd: [300] -> [17] {
        first: linear(300 -> 700), relu, second: linear(700 -> 200), relu, third: linear(200 -> 17),
    }
}

layer! { struct Narrow64: [64] -> [64] { linear: linear(64 -> 64), relu } }

layer! { struct Narrow: [64] -> [64] { layers: [Narrow64; 9], last: linear(64 -> 64) } }

layer! {
    struct Block384: [n, 384] -> [n, 384] {
        residual { attend: attention(heads: 6) }, norm_1: layer_norm,
        residual { up: linear(384 -> 1536), relu, down: linear(1536 -> 384) }, norm_2: layer_norm,
    }
}

macro_rules! forward {
    ($bench:ident, $device:ident, $task:expr, $Net:ident, $Shape:ty) => {
        if $bench.wants($task) {
            let net = $Net::new(&$device).freeze();
            let x: Tensor<$Shape, f32, Cpu> = $device.sample_normal();
            $bench.run($task, 2000, || net.forward(x.clone()));
        }
    };
}

macro_rules! batches {
    ($bench:ident, $device:ident, $name:literal, $Net:ident, $inputs:literal -> $outputs:literal: $($batch:literal)+) => {$(
        forward!($bench, $device, concat!($name, "_fwd_b", $batch), $Net, Rank2<$batch, $inputs>);
        mlp_train!($bench, $device, concat!($name, "_train_b", $batch), $Net, $batch, $inputs, $outputs);
    )+};
}

macro_rules! sequences {
    ($bench:ident, $device:ident: $($batch:literal x $n:literal)+) => {$(
        let task = concat!("encoder384_fwd_", $batch, "x", $n);
        forward!($bench, $device, task, Block384, Rank3<$batch, $n, 384>);
        let task = concat!("encoder384_train_", $batch, "x", $n);
        encoder_train!($bench, $device, task, Block384, Rank3<$batch, $n, 384>);
    )+};
}

pub fn run(bench: &Bench, device: Cpu) {
    batches!(bench, device, "odd", Odd, 300 -> 17: 1 7 33 256 1024);
    batches!(bench, device, "narrow", Narrow, 64 -> 64: 1 7 33 256 1024);
    sequences!(bench, device: 4 x 77 1 x 512 16 x 16);
}
