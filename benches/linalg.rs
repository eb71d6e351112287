//! Decompositions of `tensor_core::linalg` beside the same by hand in plain faer, on the same numbers.
//!
//! `cargo bench -p tensor-benches --features linalg --bench linalg` measures each by criterion, and at the end all of them
//! in alternation: `ratio <work> ours=<ms> faer=<ms> ratio=<x>`. With `-- --json` it only prints the lines that
//! `benches/peers/linalg` compares with NumPy, SciPy and scikit-learn.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par, Side};
use rand::{SeedableRng, rngs::StdRng};
use rand_distr::{Distribution, StandardNormal};
use tensor_core::linalg::{
    LowRank, Matrix, Moments, Pca, Randomised, Rows, Svd, SymmetricEigen, singular_values,
};

/// The same work twice; faer has no randomised decomposition.
struct Pair {
    work: &'static str,
    ours: Box<dyn FnMut()>,
    faer: Option<Box<dyn FnMut()>>,
}

fn normal(count: usize) -> Vec<f64> {
    let mut source = StdRng::seed_from_u64(0);
    (0..count).map(|_| StandardNormal.sample(&mut source)).collect()
}

/// Normal numbers as a matrix of ours and of faer's.
fn matrices<const R: usize, const C: usize>() -> (Matrix<R, C>, Mat<f64>) {
    let numbers = normal(R * C);
    let theirs = MatRef::from_row_major_slice(&numbers, R, C).to_owned();
    (Matrix::from_vec(R, C, numbers).expect("the sizes fit"), theirs)
}

fn work<T>(mut call: impl FnMut() -> T + 'static) -> Box<dyn FnMut()> {
    Box::new(move || drop(black_box(call())))
}

fn pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    let (ours, theirs) = matrices::<1000, 1000>();
    let (again, of_theirs) = (ours.clone(), theirs.clone());
    pairs.push(Pair {
        work: "svd_1000_f64",
        ours: work(move || Svd::thin(&ours).expect("finite")),
        faer: Some(work(move || theirs.thin_svd().expect("it converges"))),
    });
    pairs.push(Pair {
        work: "svd_1000_f64_values",
        ours: work(move || singular_values(&again).expect("finite")),
        faer: Some(work(move || of_theirs.singular_values().expect("it converges"))),
    });
    let (half, _) = matrices::<512, 512>();
    let symmetric: Matrix<512, 512> =
        Matrix::from_fn(512, 512, |row, column| half[(row, column)] + half[(column, row)])
            .expect("the sizes fit");
    let theirs = MatRef::from_row_major_slice(symmetric.numbers(), 512, 512).to_owned();
    pairs.push(Pair {
        work: "eigh_512_f64",
        ours: work(move || SymmetricEigen::of(&symmetric).expect("symmetric")),
        faer: Some(work(move || theirs.self_adjoint_eigen(Side::Lower).expect("it converges"))),
    });
    pairs.push(pca::<1797, 64, 10>("pca_1797x64"));
    pairs.push(pca::<20_000, 384, 50>("pca_20000x384_k50"));
    let (ours, _) = matrices::<5000, 1000>();
    pairs.push(Pair {
        work: "rsvd_5000x1000_k50",
        ours: work(move || {
            LowRank::<5000, 1000, 50>::randomised(&ours, &Randomised::default()).expect("finite")
        }),
        faer: None,
    });
    pairs
}

/// Ours takes its rows as a stream too; by hand in faer: the centred rows' product, then its eigenvectors.
fn pca<const N: usize, const D: usize, const K: usize>(name: &'static str) -> Pair {
    let (ours, _) = matrices::<N, D>();
    let theirs = ours.numbers().to_vec();
    let ours: Rows<D> = ours.typed().expect("fewer sizes");
    Pair {
        work: name,
        ours: work(move || {
            let mut moments = Moments::<D>::new();
            moments.add(&ours).expect("finite");
            Pca::<D, K>::of(&moments).expect("enough rows")
        }),
        faer: Some(work(move || {
            let mut rows = theirs.clone();
            let mut mean = vec![0.0; D];
            for row in rows.chunks_exact(D) {
                mean.iter_mut().zip(row).for_each(|(mean, number)| *mean += number / N as f64);
            }
            for row in rows.chunks_exact_mut(D) {
                row.iter_mut().zip(&mean).for_each(|(number, mean)| *number -= mean);
            }
            let rows = MatRef::from_row_major_slice(&rows, N, D);
            let mut scatter = Mat::zeros(D, D);
            matmul(&mut scatter, Accum::Replace, rows.transpose(), rows, 1.0 / N as f64, Par::rayon(0));
            scatter.self_adjoint_eigen(Side::Lower).expect("it converges")
        })),
    }
}

fn by_criterion(criterion: &mut Criterion, pairs: &mut [Pair]) {
    for Pair { work, ours, faer } in pairs {
        let mut group = criterion.benchmark_group("linalg");
        group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
        group.bench_function(BenchmarkId::new("ours", *work), |b| b.iter(&mut *ours));
        if let Some(faer) = faer {
            group.bench_function(BenchmarkId::new("faer", *work), |b| b.iter(&mut *faer));
        }
        group.finish();
    }
}

/// Milliseconds of calls in which both take turns, for at least some 4 s: for each its sorted times.
fn in_alternation(pair: &mut Pair) -> [Vec<f64>; 2] {
    let mut times = [Vec::new(), Vec::new()];
    let started = Instant::now();
    let mut rounds = 0;
    while rounds < 9 || (started.elapsed().as_secs_f64() < 4.0 && rounds < 1000) {
        let works = [Some(&mut pair.ours), pair.faer.as_mut()];
        for (times, work) in times.iter_mut().zip(works) {
            let Some(work) = work else { continue };
            let called = Instant::now();
            work();
            // The first two rounds warm up.
            if rounds >= 2 {
                times.push(called.elapsed().as_secs_f64() * 1e3);
            }
        }
        rounds += 1;
    }
    times.iter_mut().for_each(|times| times.sort_by(f64::total_cmp));
    times
}

fn main() {
    let is_asked = |words: &[&str]| std::env::args().any(|argument| words.contains(&&*argument));
    if is_asked(&["--json"]) {
        for mut pair in pairs() {
            let times = in_alternation(&mut pair);
            for (framework, times) in
                ["tensor-dsl", "faer 0.24"].iter().zip(&times).filter(|(_, times)| !times.is_empty())
            {
                let (task, count) = (pair.work, times.len());
                let (median, least) = (times[count / 2], times[0]);
                println!(
                    r#"{{"framework":"{framework}","task":"{task}","ms":{median:.4},"min_ms":{least:.4},"n":{count}}}"#
                );
            }
        }
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    by_criterion(&mut criterion, &mut pairs());
    criterion.final_summary();
    if !is_asked(&["--test", "--list", "--profile-time"]) {
        for mut pair in pairs() {
            let [ours, faer] = in_alternation(&mut pair);
            let median = |times: &[f64]| times.get(times.len() / 2).copied().unwrap_or(f64::NAN);
            let (ours, faer) = (median(&ours), median(&faer));
            println!("ratio {} ours={ours:.4} faer={faer:.4} ratio={:.3}", pair.work, ours / faer);
        }
    }
}
