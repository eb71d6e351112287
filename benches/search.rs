//! Exact search for the ten nearest of many rows, with the number of rows, of hits and of queries varied.
//!
//! `cargo bench --features search --bench search` measures by criterion, and at the end beside the machine's limits, in
//! alternation: `ratio <work> ours=<ms> limit=<ms> ratio=<x>`. The limit of one query is reading all rows once from memory, that of
//! many the multiplications at the pace of a product of 1024³. `… --bench search -- none` prints only these lines;
//! `… -- peers` JSON lines for `benches/peers/search`.

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use rayon::prelude::*;
use tensor_core::prelude::*;
use tensor_core::search::{Index, Metric};

/// That of MiniLM's sentence vectors.
const WIDTH: usize = 384;
const ROWS: usize = 100_000;
const BATCHES: [usize; 9] = [1, 2, 4, 8, 16, 32, 64, 256, 1024];

layer! { struct Square: [1024] -> [1024] { product: linear(1024 -> 1024, bias: false) } }

/// Rows of normally distributed numbers.
fn random(rows: usize, seed: u64) -> Vec<[f32; WIDTH]> {
    let numbers: Tensor<(usize, Const<WIDTH>), f32, _> =
        Cpu::seed_from_u64(seed).sample_normal_like(&(rows, Const));
    numbers.as_vec().as_chunks::<WIDTH>().0.to_vec()
}

fn index(rows: usize) -> Index<WIDTH> {
    let mut index = Index::new(Metric::Cosine);
    index.extend(&random(rows, 0), (0..rows).map(|row| row.to_string())).expect("the numbers are finite");
    index
}

fn search(index: &Index<WIDTH>, queries: &Vec<[f32; WIDTH]>, k: usize) {
    std::hint::black_box(index.search_batch(queries, k).expect("the numbers are finite"));
}

fn by_criterion(criterion: &mut Criterion) {
    let all = index(ROWS);
    let mut group = criterion.benchmark_group("search/batch");
    for batch in BATCHES {
        let queries = random(batch, 1);
        group.throughput(Throughput::Elements((2 * ROWS * WIDTH * batch) as u64));
        group.bench_function(BenchmarkId::from_parameter(batch), |b| b.iter(|| search(&all, &queries, 10)));
    }
    group.finish();
    for (name, batch) in [("search/hits/1", 1), ("search/hits/256", 256)] {
        let (mut group, queries) = (criterion.benchmark_group(name), random(batch, 1));
        for k in [1, 10, 100, 1000] {
            group.bench_function(BenchmarkId::from_parameter(k), |b| b.iter(|| search(&all, &queries, k)));
        }
        group.finish();
    }
    drop(all);
    for (name, batch) in [("search/rows/1", 1), ("search/rows/256", 256)] {
        let (mut group, queries) = (criterion.benchmark_group(name), random(batch, 1));
        for rows in [1_000, 10_000, 300_000] {
            let index = index(rows);
            group.throughput(Throughput::Elements((2 * rows * WIDTH * batch) as u64));
            group.bench_function(BenchmarkId::from_parameter(rows), |b| {
                b.iter(|| search(&index, &queries, 10))
            });
        }
        group.finish();
    }
}

fn milliseconds(work: &mut dyn FnMut()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64() * 1e3
}

fn median(mut found: Vec<f64>) -> f64 {
    found.sort_by(f64::total_cmp);
    found[found.len() / 2]
}

/// Two pieces of work in turn, for a second and a half: the median of each, in milliseconds.
fn in_alternation(a: &mut dyn FnMut(), b: &mut dyn FnMut()) -> (f64, f64) {
    let (mut of_a, mut of_b) = (Vec::new(), Vec::new());
    a();
    b();
    let started = Instant::now();
    while of_a.len() < 5 || started.elapsed() < Duration::from_millis(1500) {
        of_a.push(milliseconds(a));
        of_b.push(milliseconds(b));
    }
    (median(of_a), median(of_b))
}

fn beside_the_limits() {
    let index = index(ROWS);
    let rows = random(ROWS, 2);
    let net = Square::new(&Cpu::seed_from_u64(0)).freeze();
    let (x, mut y) = (vec![0.5f32; 1 << 20], vec![0.0; 1 << 20]);
    let mut product = || net.forward_into(&[1024, 1024], &x, &mut y).expect("it fits");
    for batch in BATCHES {
        let queries = random(batch, 1);
        let mut ours = || search(&index, &queries, 10);
        let (reading, (by_search, reads)) =
            ("read", in_alternation(&mut ours, &mut || read(rows.as_flattened())));
        let (_, of_product) = in_alternation(&mut ours, &mut product);
        let multiplying = of_product * (ROWS * WIDTH * batch) as f64 / f64::from(1 << 30);
        let (limit, what) = if reads > multiplying { (reads, reading) } else { (multiplying, "multiply") };
        let gflops = 2.0 * (ROWS * WIDTH * batch) as f64 / by_search / 1e6;
        println!(
            "ratio search_100k_384_top10_b{batch} ours={by_search:.3} limit={limit:.3} ratio={:.2} by={what} gflops={gflops:.1}",
            by_search / limit
        );
    }
}

/// Reads all numbers once, on all threads.
fn read(numbers: &[f32]) {
    let sum = |part: &[f32]| {
        let (chunks, _) = part.as_chunks::<64>();
        let mut sums = [0.0f32; 64];
        for chunk in chunks {
            sums.iter_mut().zip(chunk).for_each(|(sum, x)| *sum += x);
        }
        sums.iter().sum::<f32>()
    };
    let parts = numbers.par_chunks(1 << 16).map(sum);
    std::hint::black_box(parts.sum::<f32>());
}

/// As the programs of `benches/peers` print it.
fn for_peers() {
    let index = index(ROWS);
    for batch in [1, 32, 256] {
        let queries = random(batch, 1);
        let mut ours = || search(&index, &queries, 10);
        ours();
        let (started, mut found) = (Instant::now(), Vec::new());
        while found.len() < 5 || started.elapsed() < Duration::from_secs(2) {
            found.push(milliseconds(&mut ours));
        }
        let (n, ms) = (found.len(), median(found));
        println!(
            r#"{{"framework":"tensor-dsl","task":"search_100k_384_top10_b{batch}","ms":{ms:.4},"n":{n}}}"#
        );
    }
}

fn main() {
    if std::env::args().any(|argument| argument == "peers") {
        return for_peers();
    }
    let mut criterion = Criterion::default().configure_from_args();
    by_criterion(&mut criterion);
    criterion.final_summary();
    if !std::env::args().any(|argument| ["--test", "--list", "--profile-time"].contains(&&*argument)) {
        beside_the_limits();
    }
}
