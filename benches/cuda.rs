//! Steps of training and products on a GPU: one line of JSON a task, milliseconds at the median. `peers/cuda/pytorch.py` has
//! the same tasks.
//!
//! `cargo bench -p tensor-benches --features cuda --bench cuda`

use std::time::Instant;

use tensor_core::loss::CrossEntropy;
use tensor_core::optim::{Adam, Optimizer};
use tensor_core::prelude::*;

layer! { struct Mlp: [784] -> [10] { hidden: linear(784 -> 512), relu, output: linear(512 -> 10) } }

layer! {
    struct Block: [n, 256] -> [n, 256] {
        residual { norm_1: layer_norm, attend: attention(heads: 8) },
        residual { norm_2: layer_norm, up: linear(256 -> 1024), gelu, down: linear(1024 -> 256) },
    }
}

layer! { struct One: [n, 256] -> [n, 256] { blocks: [Block; 1] } }

layer! { struct Six: [n, 256] -> [n, 256] { blocks: [Block; 6] } }

layer! { struct Side1024: [1024] -> [1024] { product: linear(1024 -> 1024, bias: false) } }

layer! { struct Side4096: [4096] -> [4096] { product: linear(4096 -> 4096, bias: false) } }

layer! { struct Side8192: [8192] -> [8192] { product: linear(8192 -> 8192, bias: false) } }

const ROUNDS: usize = 7;

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return; // `cargo test --benches` runs it without
    }
    let gpu = match tensor_core::cuda::device(0, 0) {
        Ok(gpu) => gpu,
        Err(error) => return println!("SKIPPED: {error}"),
    };
    training(&gpu);
    for allowed in [false, true] {
        tensor_core::cuda::allow_tf32(allowed);
        products(&gpu, if allowed { "_tf32" } else { "" });
    }
}

fn measure(gpu: &Cuda, name: &str, steps: usize, mut step: impl FnMut()) {
    (0..10).for_each(|_| step());
    gpu.synchronize();
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            (0..steps).for_each(|_| step());
            gpu.synchronize();
            started.elapsed().as_secs_f64() * 1e3 / steps as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!(r#"{{"task": "{name}", "ms": {}}}"#, times[ROUNDS / 2]);
}

fn training(gpu: &Cuda) {
    macro_rules! train {
        ($name:literal, $Net:ident, $shape:expr, $rows:expr, $classes:expr) => {{
            let mut net: $Net<f32, Cuda> = $Net::<f32, Cpu>::build(&Cpu::seed_from_u64(0)).to_device(gpu);
            let mut optimizer = Optimizer::<Adam>::new(Adam::default());
            let x = gpu.sample_normal_like(&$shape);
            let labels: Vec<usize> = (0..$rows).map(|row| row * 7 % $classes).collect();
            measure(gpu, $name, 50, || {
                optimizer.train_step(&mut net, x.clone(), CrossEntropy(&labels)).unwrap();
            });
        }};
    }
    train!("mlp_train_b128_item", Mlp, (128, Const::<784>), 128, 10);
    train!("encoder_train_item", One, (8, 128, Const::<256>), 1024, 256);
    train!("encoder6_train_item", Six, (8, 128, Const::<256>), 1024, 256);
}

fn products(gpu: &Cuda, how: &str) {
    macro_rules! product {
        ($Net:ident, $side:literal) => {{
            let net: $Net<f32, Cuda> = $Net::build(gpu);
            let x: Tensor<Rank2<$side, $side>, f32, Cuda> = gpu.sample_normal();
            measure(gpu, &format!("matmul_{}{how}", $side), 20, || drop(net.forward(x.clone())));
        }};
    }
    product!(Side1024, 1024);
    product!(Side4096, 4096);
    product!(Side8192, 8192);
}
