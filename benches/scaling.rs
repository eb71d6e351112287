//! How time grows: with the batch, the width, the depth, the length of a sequence, and with one thread or all of them.
//!
//! `cargo bench --bench scaling` prints lines `scale <curve> <size> ms=<median> gflops=<…> share=<…>`; `share` is that of the
//! most GFLOP/s that a product of 1024³ reaches in the same run. Optimizers are memory's work: their share is that of the
//! bandwidth of a copy.

use std::time::{Duration, Instant};

use tensor_core::loss::MeanSquares;
use tensor_core::optim::{Adam, Optimizer};
use tensor_core::prelude::*;

layer! {
    /// Two layers of a width.
    struct Mlp<const W: usize>: [W] -> [W] { up: linear(W -> W), relu, down: linear(W -> W) }
}

layer! {
    struct Block<const W: usize, const F: usize>: [n, W] -> [n, W] where F == 4 * W, W % 8 == 0 {
        residual { norm_1: layer_norm, attend: attention(heads: 8, mask: causal) },
        residual { norm_2: layer_norm, up: linear(F), gelu, down: linear(W) },
    }
}

layer! { struct Deep<const N: usize>: [n, 256] -> [n, 256] { blocks: [Block<256, 1024>; N] } }

layer! { struct Square: [1024] -> [1024] { product: linear(1024 -> 1024, bias: false) } }

/// The median of the milliseconds of a call, over half a second.
fn milliseconds(mut work: impl FnMut()) -> f64 {
    (0..3).for_each(|_| work());
    let (started, mut found) = (Instant::now(), Vec::new());
    while found.len() < 5 || started.elapsed() < Duration::from_millis(500) {
        let started = Instant::now();
        work();
        found.push(started.elapsed().as_secs_f64() * 1e3);
    }
    found.sort_by(f64::total_cmp);
    found[found.len() / 2]
}

/// What the machine can do.
struct Limits {
    /// Of a product of 1024³.
    gflops: f64,
    /// Bytes read and written by a copy, in 10⁹ a second.
    bandwidth: f64,
}

impl Limits {
    fn measured(device: &Cpu) -> Self {
        let (net, x) = (Square::new(device).freeze(), vec![0.5f32; 1 << 20]);
        let mut y = vec![0.0; 1 << 20];
        let product = milliseconds(|| net.forward_into(&[1024, 1024], &x, &mut y).expect("it fits"));
        let (from, mut to) = (vec![1.0f32; 1 << 24], vec![0.0f32; 1 << 24]);
        let copy =
            milliseconds(|| std::hint::black_box(&mut to).copy_from_slice(std::hint::black_box(&from)));
        Limits { gflops: 2.0 * f64::from(1 << 30) / product / 1e6, bandwidth: 2.0 * 64.0 * 1.048_576 / copy }
    }

    /// A line of a curve of so many multiplications.
    fn line(&self, curve: &str, size: usize, macs: u64, ms: f64) {
        let gflops = 2.0 * macs as f64 / ms / 1e6;
        let share = gflops / self.gflops;
        println!("scale {curve} {size} ms={ms:.4} gflops={gflops:.1} share={share:.2}");
    }
}

/// A frozen network on `sizes`.
fn forward<N: Layer<f32, Cpu>>(net: N, sizes: &[usize]) -> f64 {
    let numbers = sizes.iter().product();
    let (frozen, x) = (net.freeze(), vec![0.5; numbers]);
    let mut y = vec![0.0; numbers];
    milliseconds(|| frozen.forward_into(sizes, &x, &mut y).expect("it fits"))
}

fn batches(device: &Cpu, limits: &Limits) {
    for batch in [1, 2, 3, 8, 17, 32, 33, 64, 128, 256, 512, 1024] {
        let ms = forward(Mlp::<512>::new(device), &[batch, 512]);
        limits.line("batch", batch, (batch * 2 * 512 * 512) as u64, ms);
    }
}

fn widths(device: &Cpu, limits: &Limits) {
    macro_rules! at {
        ($($width:literal)+) => {$(
            let ms = forward(Mlp::<$width>::new(device), &[128, $width]);
            limits.line("width", $width, 128 * 2 * $width * $width, ms);
        )+};
    }
    at!(16 33 64 100 128 256 300 511 512 1024 2048);
}

/// Of a step of training: three times as many multiplications as a pass, the way back included.
fn depths(device: &Cpu, limits: &Limits) {
    macro_rules! at {
        ($($depth:literal)+) => {$({
            let (mut net, mut optimizer) = (Deep::<$depth>::new(device), Optimizer::new(Adam::default()));
            let x: Tensor<Rank3<4, 128, 256>, f32, _> = device.sample_normal();
            let target: Tensor<Rank3<4, 128, 256>, f32, _> = device.sample_normal();
            let ms = milliseconds(|| {
                optimizer.train_step(&mut net, x.clone(), MeanSquares(&target)).expect("it fits");
            });
            let macs = 4 * 128 * (12 * 256 * 256 + 128 * 256) * 3 * $depth;
            limits.line("depth", $depth, macs, ms);
        })+};
    }
    at!(1 2 4 8);
}

fn lengths(device: &Cpu, limits: &Limits) {
    for length in [1, 16, 77, 128, 512, 1024, 2048, 4096] {
        let ms = forward(Block::<256, 1024>::new(device), &[1, length, 256]);
        // Half of the scores are seen.
        limits.line("length", length, (length * (12 * 256 * 256 + length * 256)) as u64, ms);
    }
}

fn optimizers(device: &Cpu, limits: &Limits) {
    macro_rules! at {
        ($($width:literal)+) => {$({
            let (mut net, mut optimizer) = (Mlp::<$width>::new(device), Optimizer::new(Adam::default()));
            let mut gradients = net.alloc_grads();
            let ms = milliseconds(|| optimizer.step(&mut net, &mut gradients).expect("the same network"));
            // Weight, gradient and two averages, each read and written.
            let rate = 32.0 * net.num_trainable_params() as f64 / ms / 1e6;
            println!("scale adam {} ms={ms:.4} gb/s={rate:.1} share={:.2}", 2 * $width * $width, rate / limits.bandwidth);
        })+};
    }
    at!(64 256 708 2237);
}

fn main() {
    if std::env::args().any(|argument| ["--test", "--list"].contains(&&*argument)) {
        return;
    }
    let device = Cpu::seed_from_u64(0);
    let limits = Limits::measured(&device);
    println!("scale limit gflops={:.1} copy_gb/s={:.1}", limits.gflops, limits.bandwidth);
    batches(&device, &limits);
    widths(&device, &limits);
    depths(&device, &limits);
    lengths(&device, &limits);
    optimizers(&device, &limits);
    // A pool of one thread, which the kernels then work in.
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    let alone = one.install(|| forward(Block::<256, 1024>::new(&device), &[8, 128, 256]));
    let all = forward(Block::<256, 1024>::new(&device), &[8, 128, 256]);
    println!("scale threads one={alone:.3} all={all:.3} speedup={:.2}", alone / all);
}
