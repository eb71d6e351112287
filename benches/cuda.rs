//! Steps of training and products on a GPU: one line of JSON a task, milliseconds at the median. `peers/cuda/pytorch.py` has
//! the same tasks.
//!
//! `cargo bench -p tensor-benches --features cuda --bench cuda`, with `-- --task NAME` for one of them; with `--steps N` after
//! it that many steps and no measurement, for `scripts/cuda/calls.py`.

use std::time::Instant;

use tensor_core::loss::{CrossEntropy, MeanSquares, SoftCrossEntropy};
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

/// What the arguments ask for, and where it runs.
struct Bench {
    gpu: Cuda,
    task: Option<String>,
    steps: Option<usize>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return; // `cargo test --benches` runs it without
    }
    let after = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let steps = after("--steps").map(|steps| steps.parse().expect("--steps takes a number"));
    let bench = match tensor_core::cuda::device(0, 0) {
        Ok(gpu) => Bench { gpu, task: after("--task"), steps },
        Err(error) => return println!("SKIPPED: {error}"),
    };
    training(&bench);
    for allowed in [false, true] {
        tensor_core::cuda::allow_tf32(allowed);
        products(&bench, if allowed { "_tf32" } else { "" });
    }
}

impl Bench {
    fn wants(&self, name: &str) -> bool {
        self.task.as_ref().is_none_or(|task| task == name)
    }

    fn measure(&self, name: &str, steps: usize, mut step: impl FnMut()) {
        if let Some(steps) = self.steps {
            return (0..steps).for_each(|_| step());
        }
        (0..10).for_each(|_| step());
        self.gpu.synchronize();
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let started = Instant::now();
                (0..steps).for_each(|_| step());
                self.gpu.synchronize();
                started.elapsed().as_secs_f64() * 1e3 / steps as f64
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!(r#"{{"task": "{name}", "ms": {}}}"#, times[ROUNDS / 2]);
    }
}

fn training(bench: &Bench) {
    let gpu = &bench.gpu;
    macro_rules! train {
        ($name:literal, $Net:ident, $shape:expr, $loss:expr) => {
            if bench.wants($name) {
                let mut net: $Net<f32, Cuda> = $Net::<f32, Cpu>::build(&Cpu::seed_from_u64(0)).to_device(gpu);
                let mut optimizer = Optimizer::<Adam>::new(Adam::default());
                let x = gpu.sample_normal_like(&$shape);
                bench.measure($name, 50, || {
                    optimizer.train_step(&mut net, x.clone(), $loss).unwrap();
                });
            }
        };
    }
    let labels = |rows: usize, classes: usize| (0..rows).map(|row| row * 7 % classes).collect::<Vec<_>>();
    let (digits, tokens) = (labels(128, 10), labels(1024, 256));
    train!("mlp_train_b128_item", Mlp, (128, Const::<784>), CrossEntropy(&digits));
    train!("encoder_train_item", One, (8, 128, Const::<256>), CrossEntropy(&tokens));
    train!("encoder6_train_item", Six, (8, 128, Const::<256>), CrossEntropy(&tokens));
    let squares: Tensor<Rank2<128, 10>, f32, Cuda> = gpu.sample_normal();
    let soft = squares.clone().softmax::<Axis<1>>();
    train!("mlp_squares_b128_item", Mlp, (128, Const::<784>), MeanSquares(&squares));
    train!("mlp_soft_b128_item", Mlp, (128, Const::<784>), SoftCrossEntropy::new(&soft));
}

fn products(bench: &Bench, how: &str) {
    macro_rules! product {
        ($Net:ident, $side:literal) => {
            let name = format!("matmul_{}{how}", $side);
            if bench.wants(&name) {
                let net: $Net<f32, Cuda> = $Net::build(&bench.gpu);
                let x: Tensor<Rank2<$side, $side>, f32, Cuda> = bench.gpu.sample_normal();
                bench.measure(&name, 20, || drop(net.forward(x.clone())));
            }
        };
    }
    product!(Side1024, 1024);
    product!(Side4096, 4096);
    product!(Side8192, 8192);
}
