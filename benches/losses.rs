//! Losses with their gradients: the fused kernel beside the same by dfdx's ops on its tape.
//!
//! `cargo bench --bench losses` measures both in alternation, which cancels what else the machine does: `ratio <loss>
//! ours=<ms> dfdx=<ms> ratio=<x>`, below 1 where the kernel is faster.

use std::time::{Duration, Instant};

use tensor_core::loss::{
    BinaryCrossEntropy, ClassOptions, CosineEmbedding, CrossEntropyWith, Huber, InfoNcePairs, KlDivergence,
    Loss, MeanSquares, SoftCrossEntropy,
};
use tensor_core::prelude::*;

/// Rows and width: the classes of MNIST, the tokens of a small language model, embeddings.
const SHAPES: [(&str, usize, usize); 3] =
    [("digits", 128, 10), ("characters", 2048, 65), ("embeddings", 256, 384)];

const ROUNDS: usize = 21;
const ROUND: Duration = Duration::from_millis(15);

fn main() {
    let device = Cpu::seed_from_u64(1);
    for (name, rows, width) in SHAPES {
        let normal = || -> Tensor<(usize, usize), f32, Cpu> { device.sample_normal_like(&(rows, width)) };
        let (y, target) = (normal(), normal());
        let (soft, yes) = (target.clone().softmax::<Axis<1>>(), target.clone().sigmoid());
        let labels: Vec<usize> = (0..rows).map(|row| row % width).collect();
        let alike: Vec<bool> = (0..rows).map(|row| row % 2 == 0).collect();
        let options = ClassOptions { smoothing: 0.1, ..ClassOptions::default() };
        measure(name, "cross_entropy_with", &y, &CrossEntropyWith { labels: &labels, options });
        measure(name, "soft_cross_entropy", &y, &SoftCrossEntropy::new(&soft));
        measure(name, "binary_cross_entropy", &y, &BinaryCrossEntropy { target: &yes, positive: None });
        measure(name, "mean_squares", &y, &MeanSquares(&target));
        measure(name, "huber", &y, &Huber { target: &target, delta: 1.0 });
        measure(name, "kl_divergence", &y, &KlDivergence(&soft));
        measure(name, "cosine_embedding", &y, &CosineEmbedding { with: &target, alike: &alike, margin: 0.0 });
        measure(name, "info_nce", &y, &InfoNcePairs { temperature: 0.1, both_ways: false });
    }
}

/// Medians of rounds in which both take turns.
fn measure(shape: &str, name: &str, y: &Tensor<(usize, usize), f32, Cpu>, loss: &impl Loss<f32, Cpu>) {
    let (numbers, width) = (y.as_vec(), y.shape().1);
    let mut gradient = vec![0.0; numbers.len()];
    let mut ours = || drop(loss.of_rows(&numbers, width, &mut gradient).expect("it fits"));
    let mut dfdx = || drop(loss.of(y.leaky_trace()).expect("it fits").backward());
    let calls = (ROUND.as_secs_f64() / milliseconds(&mut dfdx, 3) * 1e3).ceil() as u32;
    let mut rounds: Vec<[f64; 2]> =
        (0..ROUNDS).map(|_| [milliseconds(&mut ours, calls), milliseconds(&mut dfdx, calls)]).collect();
    let mut median = |value: fn(&[f64; 2]) -> f64| {
        rounds.sort_by(|a, b| value(a).total_cmp(&value(b)));
        value(&rounds[ROUNDS / 2])
    };
    let (ours, dfdx, ratio) = (median(|round| round[0]), median(|round| round[1]), median(|[a, b]| a / b));
    println!("ratio {name}/{shape} ours={ours:.6} dfdx={dfdx:.6} ratio={ratio:.3}");
}

/// Of one call.
fn milliseconds(work: &mut dyn FnMut(), calls: u32) -> f64 {
    let started = Instant::now();
    (0..calls).for_each(|_| work());
    started.elapsed().as_secs_f64() * 1e3 / f64::from(calls)
}
