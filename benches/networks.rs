//! Networks by `layer!` beside the same networks by hand in plain dfdx: same data, weights and optimizer.
//!
//! `cargo bench --bench networks` measures each by criterion, and at the end all of them in alternation, which cancels
//! what else the machine does: `ratio <work> ours=<ms> dfdx=<ms> ratio=<x>`, below 1 where `layer!` is faster. (dfdx has no cache of
//! keys and values: for a token it passes all those before as well. What memory takes, `benches/peers` measures, in a process of
//! its own.)

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion};
use dfdx::nn::builders::{MultiHeadAttention, TransformerEncoderBlock};
use dfdx::nn::modules::{Linear, ReLU, Repeated};
use dfdx::nn::{BuildOnDevice, ModuleMut, TensorCollection};
use tensor_core::decode::KvCache;
use tensor_core::layer::Layer;
use tensor_core::loss::{CrossEntropy, MeanSquares};
use tensor_core::optim;
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

layer! {
    /// "Attention Is All You Need"'s encoder block.
    struct Block: [n, 256] -> [n, 256] {
        residual { attend: attention(heads: 8) },
        norm_1: layer_norm,
        residual { up: linear(256 -> 1024), relu, down: linear(1024 -> 256) },
        norm_2: layer_norm,
    }
}

layer! { struct Encoder: [n, 256] -> [n, 256] { blocks: [Block; 6] } }

attention! { struct Attend: [n, 512] -> [n, 512] { heads: 8 } }

layer! {
    struct DecoderBlock: [n, 384] -> [n, 384] {
        residual { norm_1: layer_norm, attend: attention(heads: 6, mask: causal) },
        residual { norm_2: layer_norm, up: linear(384 -> 1536), relu, down: linear(1536 -> 384) },
    }
}

layer! { struct Decoder: [n, 384] -> [n, 384] { blocks: [DecoderBlock; 6] } }

layer! { struct Square: [1000] -> [1000] { product: linear(1000 -> 1000, bias: false) } }

layer! { struct Ten: [3163] -> [3163] { product: linear(3163 -> 3163, bias: false) } }

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
        let (mut net, by_hand, x, labels) = pair();
        let numbers: Vec<usize> = (0..$batch).map(|row| row % $outputs).collect();
        let mut optimizer = optim::Optimizer::new(optim::Adam::default());
        $pairs.push(Pair {
            work: format!("train_step/{}", $name),
            ours: {
                let x = x.clone();
                Box::new(move || {
                    optimizer.train_step(&mut net, x.clone(), CrossEntropy(&numbers)).expect("it fits");
                })
            },
            dfdx: training(by_hand, |net, x, gradients| net.forward(x.traced(gradients)), &x, &labels),
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
    let (device, mut pairs) = (Cpu::seed_from_u64(1), Vec::new());
    pairs! { pairs:
        "two_layer" TwoLayer 4 8 3 batch 16; // the essay's network on Iris
        "digits" Digits 784 512 10 batch 128; // MNIST
    }
    pairs.extend([
        frozen_digits::<1>(),
        frozen_digits::<128>(),
        encoder(),
        attend::<1024>(),
        attend::<4096>(),
    ]);
    pairs.push(training_of::<_, TransformerEncoderBlock<256, 8, 1024>>("encoder", Block::new(&device)));
    pairs.push(training_of::<_, Repeated<TransformerEncoderBlock<256, 8, 1024>, 6>>(
        "encoder of 6",
        Encoder::new(&device),
    ));
    pairs.extend([
        adam::<_, 1000>("1 M", Square::new(&device)),
        adam::<_, 3163>("10 M", Ten::new(&device)),
        decode(),
    ]);
    pairs
}

/// So many rows, as a server gets them.
fn frozen_digits<const ROWS: usize>() -> Pair {
    let device = Cpu::seed_from_u64(1);
    let net = Digits::new(&device).freeze();
    let by_hand = (
        Linear { weight: copy(&net.net().hidden.weight), bias: copy(&net.net().hidden.bias) },
        ReLU,
        Linear { weight: copy(&net.net().output.weight), bias: copy(&net.net().output.bias) },
    );
    let x: Tensor<Rank2<ROWS, 784>, f32, Cpu> = device.sample_normal();
    Pair {
        work: format!("frozen/digits of {ROWS}"),
        ours: {
            let x = x.clone();
            Box::new(move || drop(net.forward(x.clone())))
        },
        dfdx: Box::new(move || drop(by_hand.forward(x.clone()))),
    }
}

/// A block of a transformer in use.
fn encoder() -> Pair {
    let device = Cpu::seed_from_u64(1);
    let x: Tensor<Rank3<8, 128, 256>, f32, Cpu> = device.sample_normal();
    let frozen = Block::new(&device).freeze();
    let by_hand = device.build_module::<TransformerEncoderBlock<256, 8, 1024>, f32>();
    let theirs = x.clone();
    Pair {
        work: "frozen/encoder".into(),
        ours: Box::new(move || drop(frozen.forward(x.clone()))),
        dfdx: Box::new(move || drop(by_hand.forward(theirs.clone()))),
    }
}

type Sequences = Rank3<8, 128, 256>;
type Taped<S> = Tensor<S, f32, Cpu, OwnedTape<f32, Cpu>>;

/// Blocks of a transformer in training.
fn training_of<N, B>(name: &str, mut net: N) -> Pair
where
    N: Layer<f32, Cpu> + Module<Tensor<Sequences, f32, Cpu>> + 'static,
    B: BuildOnDevice<Cpu, f32>,
    B::Built: ModuleMut<Taped<Sequences>, Output = Taped<Sequences>, Error: std::fmt::Debug>
        + TensorCollection<f32, Cpu>
        + 'static,
{
    let device = Cpu::seed_from_u64(1);
    let x: Tensor<Sequences, f32, Cpu> = device.sample_normal();
    let target: Tensor<Sequences, f32, Cpu> = device.sample_normal();
    let mut optimizer = optim::Optimizer::new(optim::Adam::default());
    let mut by_hand = device.build_module::<B, f32>();
    let mut adam = Adam::new(&by_hand, AdamConfig::default());
    let mut gradients = Some(by_hand.alloc_grads());
    let (ours, goal) = (x.clone(), target.clone());
    Pair {
        work: format!("train_step/{name}"),
        ours: Box::new(move || {
            optimizer.train_step(&mut net, ours.clone(), MeanSquares(&goal)).expect("it fits");
        }),
        dfdx: Box::new(move || {
            let given = gradients.take().expect("left by the last step");
            let y = by_hand.forward_mut(x.clone().traced(given));
            let mut found = mse_loss(y, target.clone()).backward();
            adam.update(&mut by_hand, &found).expect("each weight has a gradient");
            by_hand.zero_grads(&mut found);
            gradients = Some(found);
        }),
    }
}

/// Attention of so many positions.
fn attend<const POSITIONS: usize>() -> Pair {
    let device = Cpu::seed_from_u64(1);
    let x: Tensor<Rank3<1, POSITIONS, 512>, f32, Cpu> = device.sample_normal();
    let frozen = Attend::new(&device).freeze();
    let by_hand = device.build_module::<MultiHeadAttention<512, 8>, f32>();
    let theirs = x.clone();
    Pair {
        work: format!("frozen/attention of {POSITIONS}"),
        ours: Box::new(move || drop(frozen.forward(x.clone()))),
        dfdx: Box::new(move || drop(by_hand.forward(theirs.clone()))),
    }
}

/// Adam on a square matrix.
fn adam<N, const SIDE: usize>(numbers: &str, mut net: N) -> Pair
where
    N: Layer<f32, Cpu> + 'static,
{
    let device = Cpu::seed_from_u64(1);
    let mut optimizer = optim::Optimizer::new(optim::Adam::default());
    let mut gradients = net.alloc_grads();
    let mut weight: Tensor<Rank2<SIDE, SIDE>, f32, Cpu> = device.sample_normal();
    let given = (weight.leaky_trace() * 1.0).sum().backward();
    let mut theirs = Adam::new(&weight, AdamConfig::default());
    Pair {
        work: format!("adam/{numbers}"),
        ours: Box::new(move || optimizer.update(&mut net, &mut gradients).expect("the same network")),
        dfdx: Box::new(move || theirs.update(&mut weight, &given).expect("each weight has a gradient")),
    }
}

/// One token after another; they begin anew where the positions end. dfdx passes as many as are there on average.
fn decode() -> Pair {
    let device = Cpu::seed_from_u64(1);
    let (net, mut cache) = (Decoder::new(&device), KvCache::new(128));
    let token: Tensor<Rank3<1, 1, 384>, f32, Cpu> = device.sample_normal();
    let by_hand = device.build_module::<Repeated<TransformerEncoderBlock<384, 6, 1536>, 6>, f32>();
    let before: Tensor<Rank3<1, 64, 384>, f32, Cpu> = device.sample_normal();
    Pair {
        work: "decode/a token of 384".into(),
        ours: Box::new(move || {
            if cache.len() == 128 {
                cache.clear();
            }
            cache.step(&net, token.clone()).expect("there is room");
        }),
        dfdx: Box::new(move || drop(by_hand.forward(before.clone()))),
    }
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
    const ROUND: Duration = Duration::from_millis(25);
    for Pair { work, ours, dfdx } in pairs {
        let once = milliseconds(dfdx, 1);
        let calls = (ROUND.as_secs_f64() / once * 1e3).ceil() as u32;
        let count = if once > 200.0 { 5 } else { 41 };
        let mut rounds =
            (0..count).map(|_| [milliseconds(ours, calls), milliseconds(dfdx, calls)]).collect::<Vec<_>>();
        let mut median = |value: fn(&[f64; 2]) -> f64| {
            rounds.sort_by(|a, b| value(a).total_cmp(&value(b)));
            value(&rounds[count / 2])
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
