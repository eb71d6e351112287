//! The sentence encoder all-MiniLM-L6-v2 on so many sentences of so many tokens.
//!
//! `cargo bench --bench minilm` measures by criterion; `cargo bench --bench minilm -- peers` prints JSON lines for
//! `benches/peers/minilm`. What the weights are does not matter to its speed: here they are random.

use std::time::Instant;

use criterion::{BenchmarkId, Criterion, Throughput};
use tensor_core::prelude::*;

#[path = "../examples/support/minilm/net.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "an example has it as a whole")]
mod net;

use net::{MiniLm, WIDTH};

/// A question, a passage, and thirty-two of each.
const SIZES: [(usize, usize); 4] = [(1, 16), (1, 128), (32, 16), (32, 128)];

/// What the encoder takes.
type Ids = Tensor<(usize, usize), usize, Cpu>;
type Mask = Tensor<(usize, usize), f32, Cpu>;

fn inputs(device: &Cpu, batch: usize, tokens: usize) -> (Ids, Ids, Mask) {
    let shape = (batch, tokens);
    let ids = (0..batch * tokens).map(|i| 1000 + i * 7919 % 29_000).collect();
    let first = vec![0; batch * tokens];
    let all = vec![1.0; batch * tokens];
    (
        device.tensor_from_vec(ids, shape),
        device.tensor_from_vec(first, shape),
        device.tensor_from_vec(all, shape),
    )
}

fn encode(net: &Frozen<MiniLm>, inputs: &(Ids, Ids, Mask)) -> Tensor<(usize, Const<WIDTH>), f32, Cpu> {
    net.forward(inputs.clone())
}

fn by_criterion(criterion: &mut Criterion, net: &Frozen<MiniLm>, device: &Cpu) {
    let mut group = criterion.benchmark_group("minilm");
    for (batch, tokens) in SIZES {
        let inputs = inputs(device, batch, tokens);
        group.throughput(Throughput::Elements((batch * tokens) as u64));
        group.bench_function(BenchmarkId::from_parameter(format_args!("{batch}x{tokens}")), |bencher| {
            bencher.iter(|| encode(net, &inputs));
        });
    }
    group.finish();
}

fn for_peers(net: &Frozen<MiniLm>, device: &Cpu) {
    for (batch, tokens) in SIZES {
        let inputs = inputs(device, batch, tokens);
        let mut found = Vec::new();
        encode(net, &inputs);
        let started = Instant::now();
        while found.len() < 5 || started.elapsed().as_secs_f64() < 2.0 {
            let before = Instant::now();
            std::hint::black_box(encode(net, &inputs));
            found.push(before.elapsed().as_secs_f64() * 1e3);
        }
        found.sort_by(f64::total_cmp);
        let (ms, n) = (found[found.len() / 2], found.len());
        println!(
            r#"{{"framework": "tensor-dsl", "task": "minilm_b{batch}_n{tokens}", "ms": {ms:.4}, "n": {n}}}"#
        );
    }
}

fn main() {
    let device = Cpu::seed_from_u64(0);
    let net = MiniLm::new(&device).freeze();
    if std::env::args().any(|argument| argument == "peers") {
        return for_peers(&net, &device);
    }
    let mut criterion = Criterion::default().configure_from_args();
    by_criterion(&mut criterion, &net, &device);
    criterion.final_summary();
}
