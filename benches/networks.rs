//! Networks by `layer!` beside the same networks by hand in plain dfdx: same data, weights and optimizer.
//!
//! `cargo bench --bench networks` measures each by criterion, and at the end all of them in alternation, which cancels
//! what else the machine does: `ratio <work> ours=<ms> dfdx=<ms> ratio=<x>`, below 1 where `layer!` is faster.

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion};
use dfdx::nn::modules::{Linear, ReLU};
use tensor_core::prelude::*;

layer! {
    struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 8),
        relu,
        output: linear(8 -> 3),
    }
}

layer! {
    struct Digits: [784] -> [10] {
        hidden: linear(784 -> 512),
        relu,
        output: linear(512 -> 10),
    }
}

/// The same network twice, doing the same work.
struct Pair {
    work: String,
    ours: Box<dyn FnMut()>,
    dfdx: Box<dyn FnMut()>,
}

/// A network at the batch size at which it is used.
macro_rules! pairs {
    ($pairs:ident: $($name:literal $Net:ident $inputs:literal $hidden:literal $outputs:literal batch $batch:literal;)+) => {$({
        let pair = || {
            let device = Cpu::seed_from_u64(1);
            let net = $Net::new(&device);
            let by_hand = (
                Linear { weight: copy(&net.hidden.weight), bias: copy(&net.hidden.bias) },
                ReLU,
                Linear { weight: copy(&net.output.weight), bias: copy(&net.output.bias) },
            );
            let x: Tensor<Rank2<$batch, $inputs>, f32, Cpu> = device.sample_normal();
            let difference = (net.forward(x.clone()) - by_hand.forward(x.clone())).abs().max::<Rank0, _>().array();
            assert!(difference < 1e-4, "{difference}");
            let labels = device.sample_normal::<Rank2<$batch, $outputs>>().softmax::<Axis<1>>();
            (net, by_hand, x, labels)
        };
        let (net, by_hand, x, _) = pair();
        $pairs.push(Pair {
            work: format!("forward/{}", $name),
            ours: { let x = x.clone(); Box::new(move || drop(net.forward(x.clone()))) },
            dfdx: Box::new(move || drop(by_hand.forward(x.clone()))),
        });
        let (net, by_hand, x, labels) = pair();
        $pairs.push(Pair {
            work: format!("step/{}", $name),
            ours: training(net, $Net::forward_train, &x, &labels),
            dfdx: training(by_hand, |net, x, gradients| net.forward(x.traced(gradients)), &x, &labels),
        });
    })+};
}

fn pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    pairs! { pairs:
        "two_layer" TwoLayer 4 8 3 batch 16; // the essay's network on Iris
        "digits" Digits 784 512 10 batch 128; // MNIST
    }
    pairs
}

/// The same numbers in a tensor of its own.
fn copy<S: Shape>(tensor: &Tensor<S, f32, Cpu>) -> Tensor<S, f32, Cpu> {
    let mut copy = tensor.device().zeros_like(tensor.shape());
    copy.copy_from(&tensor.as_vec());
    copy
}

/// One step: forward, loss, backward, Adam.
fn training<N, I, O>(
    mut net: N,
    forward: impl Fn(&N, Tensor<I, f32, Cpu>, Gradients<f32, Cpu>) -> Tensor<O, f32, Cpu, OwnedTape<f32, Cpu>>
    + 'static,
    x: &Tensor<I, f32, Cpu>,
    labels: &Tensor<O, f32, Cpu>,
) -> Box<dyn FnMut()>
where
    N: dfdx::nn::TensorCollection<f32, Cpu> + 'static,
    I: Shape,
    O: Shape<LastAxis = Axis<1>> + ReduceShape<Axis<1>>,
{
    let (x, labels) = (x.clone(), labels.clone());
    let mut adam = Adam::new(&net, AdamConfig { lr: 1e-3, ..AdamConfig::default() });
    let mut gradients = Some(net.alloc_grads());
    Box::new(move || {
        let logits = forward(&net, x.clone(), gradients.take().expect("left by the last step"));
        let mut found = cross_entropy_with_logits_loss(logits, labels.clone()).backward();
        adam.update(&mut net, &found).expect("each weight has a gradient");
        net.zero_grads(&mut found);
        gradients = Some(found);
    })
}

fn by_criterion(criterion: &mut Criterion, pairs: &mut [Pair]) {
    for Pair { work, ours, dfdx } in pairs {
        let mut group = criterion.benchmark_group("networks");
        group
            .sample_size(20)
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(2));
        group.bench_function(BenchmarkId::new("ours", &*work), |b| b.iter(&mut *ours));
        group.bench_function(BenchmarkId::new("dfdx", &*work), |b| b.iter(&mut *dfdx));
        group.finish();
    }
}

/// Medians of rounds in which both take turns.
fn in_alternation(pairs: &mut [Pair]) {
    const ROUNDS: usize = 41;
    const ROUND: Duration = Duration::from_millis(25);
    for Pair { work, ours, dfdx } in pairs {
        let calls = (ROUND.as_secs_f64() / milliseconds(dfdx, 10) * 1e3).ceil() as u32;
        let mut rounds =
            (0..ROUNDS).map(|_| [milliseconds(ours, calls), milliseconds(dfdx, calls)]).collect::<Vec<_>>();
        let mut median = |value: fn(&[f64; 2]) -> f64| {
            rounds.sort_by(|a, b| value(a).total_cmp(&value(b)));
            value(&rounds[ROUNDS / 2])
        };
        let (ours, dfdx, ratio) =
            (median(|round| round[0]), median(|round| round[1]), median(|[a, b]| a / b));
        println!("ratio {work} ours={ours:.6} dfdx={dfdx:.6} ratio={ratio:.3}");
    }
}

/// Of one call.
fn milliseconds(work: &mut dyn FnMut(), calls: u32) -> f64 {
    let started = Instant::now();
    (0..calls).for_each(|_| work());
    started.elapsed().as_secs_f64() * 1e3 / f64::from(calls)
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    by_criterion(&mut criterion, &mut pairs());
    criterion.final_summary();
    if !std::env::args().any(|argument| ["--test", "--list", "--profile-time"].contains(&&*argument)) {
        in_alternation(&mut pairs());
    }
}
