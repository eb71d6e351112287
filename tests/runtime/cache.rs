//! Step by step a network gives what it gives at once.

use tensor_core::decode::KvCache;
use tensor_core::prelude::*;

use crate::support::net::{array, normal, randomise, tensor};

layer! {
    pub struct Block<const D: usize, const F: usize>: [n, D] -> [n, D] where F == 2 * D, D % 2 == 0 {
        residual { norm_1: layer_norm, attend: attention(heads: 2, mask: causal), dropout(0.1) },
        residual { norm_2: layer_norm, up: linear(F), gelu, down: linear(D) },
    }
}
layer! {
    pub struct Gpt: ids[n] -> [n, 11] {
        tokens: embedding(11 -> 8), places: positional(9), blocks: [Block<8, 16>; 3], norm: layer_norm,
        unembed(11, tie: tokens),
    }
}
layer! {
    pub struct Llama: ids[n] -> [n, 11] {
        tokens: embedding(11 -> 8),
        residual { norm_1: rms_norm, attend: attention(heads: 4, kv_heads: 2, mask: window(3), rope: 100.0, qk_norm: true) },
        residual {
            norm_2: rms_norm,
            fork(mul) { gate: { w_gate: linear(12), silu }, up: { w_up: linear(12) } },
            down: linear(8),
        },
        head: linear(11),
    }
}
layer! {
    pub struct Sines: [n, 6] -> [n, 6] {
        positional(9, kind: sinusoidal), attend: attention(heads: 3, mask: causal, rope: 50.0),
    }
}
layer! {
    pub struct Tuned: [n, 6] -> [n, 6] {
        attend: attention(heads: 3, mask: causal, rope: 50.0, lora: qkvo, rank: 2, alpha: 3),
    }
}
layer! {
    pub struct Decoder: (x: [n, 6], context: [m, 4]) -> [n, 6] {
        residual { attend: attention(heads: 2, mask: causal) },
        residual { cross: attention(heads: 3, context: context) },
    }
}

const IDS: [usize; 18] = [3, 1, 4, 1, 5, 9, 2, 6, 5, 10, 0, 7, 7, 8, 2, 8, 1, 9];

/// Ids of two sequences of nine, from position `start` on.
fn ids(start: usize, count: usize) -> Tensor<(usize, usize), usize, Cpu> {
    let rows = IDS.chunks(9).flat_map(|row| row[start..start + count].to_vec());
    Cpu::default().tensor_from_vec(rows.collect(), (2, count))
}

/// The rows of two sequences of nine from `start` on, out of all.
fn part(all: &[f64], start: usize, count: usize) -> Vec<f64> {
    let width = all.len() / 18;
    all.chunks(9 * width).flat_map(|row| row[start * width..(start + count) * width].to_vec()).collect()
}

/// In steps of these lengths, which sum up to nine.
const STEPS: [&[usize]; 4] = [&[9], &[1; 9], &[4, 1, 1, 3], &[1, 8]];

#[track_caller]
fn assert_near(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= tolerance * (1.0 + expected.abs()), "{found} for {expected}");
    }
}

macro_rules! steps_are_the_pass {
    ($($name:ident: $Net:ident, $E:ty, $tolerance:literal, $inputs:expr;)*) => {$(
        #[test]
        fn $name() {
            let mut net = $Net::<$E, _>::build(&Cpu::default());
            randomise(&mut net, 1);
            let inputs = $inputs;
            let all = array(&Module::forward(&net, inputs(0, 9))).values;
            for steps in STEPS {
                let (mut cache, mut start) = (KvCache::new(9), 0);
                for &count in steps {
                    let step = cache.step(&net, inputs(start, count)).expect("the cache holds nine");
                    assert_near(&array(&step).values, &part(&all, start, count), $tolerance);
                    start += count;
                    assert_eq!(cache.len(), start);
                }
            }
        }
    )*};
}

/// Two sequences of vectors, from position `start` on.
fn vectors<E: Element>(start: usize, count: usize) -> Tensor<(usize, usize, Const<6>), E, Cpu>
where
    Cpu: Device<E>,
{
    let all = normal(&Cpu::seed_from_u64(1), 108);
    tensor(&Cpu::default(), (2, count, Const::<6>), &part(&all, start, count))
}

/// The same, with a context for each.
fn vectors_beside<E: Element>(start: usize, count: usize) -> Beside<E>
where
    Cpu: Device<E>,
{
    let context = normal(&Cpu::seed_from_u64(2), 24);
    (vectors(start, count), tensor(&Cpu::default(), (2, 3, Const::<4>), &context))
}

type Beside<E> = (Tensor<(usize, usize, Const<6>), E, Cpu>, Tensor<(usize, usize, Const<4>), E, Cpu>);

steps_are_the_pass! {
    gpt: Gpt, f64, 1e-12, ids;
    gpt_in_f32: Gpt, f32, 1e-5, ids;
    llama: Llama, f64, 1e-12, ids;
    llama_in_f32: Llama, f32, 1e-5, ids;
    sines: Sines, f64, 1e-12, vectors;
    sines_in_f32: Sines, f32, 1e-5, vectors;
    tuned: Tuned, f64, 1e-12, vectors;
    tuned_in_f32: Tuned, f32, 1e-5, vectors;
    decoder: Decoder, f64, 1e-12, vectors_beside;
    decoder_in_f32: Decoder, f32, 1e-5, vectors_beside;
}

/// Networks in f32 run on the fused executor, those in f64 on the composed one.
macro_rules! executors_agree {
    ($($name:ident: $Net:ident, $inputs:ident;)*) => {$(
        #[test]
        fn $name() {
            let (mut net, mut wide) = ($Net::<f32, _>::build(&Cpu::default()), $Net::<f64, _>::build(&Cpu::default()));
            randomise(&mut net, 1);
            randomise(&mut wide, 1);
            for steps in STEPS {
                let (mut cache, mut wide_cache, mut start) = (KvCache::new(9), KvCache::new(9), 0);
                for &count in steps {
                    let step = cache.step(&net, $inputs(start, count)).expect("the cache holds nine");
                    let expected = wide_cache.step(&wide, $inputs(start, count)).expect("the cache holds nine");
                    assert_near(&array(&step).values, &array(&expected).values, 1e-5);
                    start += count;
                }
            }
        }
    )*};
}

executors_agree! {
    executors_agree_on_gpt: Gpt, ids;
    executors_agree_on_llama: Llama, ids;
    executors_agree_on_sines: Sines, vectors;
    executors_agree_on_decoder: Decoder, vectors_beside;
}

#[test]
fn room_for_many_positions_is_made_while_they_come() {
    let mut net = Llama::new(&Cpu::default());
    randomise(&mut net, 1);
    let all: Vec<usize> = (0..2 * 150).map(|at| at * at % 11).collect();
    let ids = |start: usize, count: usize| {
        let rows = all.chunks(150).flat_map(|row| row[start..start + count].to_vec());
        Cpu::default().tensor_from_vec(rows.collect(), (2, count))
    };
    let expected = array(&Module::forward(&net, ids(0, 150))).values;
    let mut cache = KvCache::new(usize::MAX);
    let mut lengths = vec![40, 30, 3];
    lengths.resize(80, 1);
    for count in lengths {
        let start = cache.len();
        let found = array(&cache.step(&net, ids(start, count)).expect("there is room")).values;
        for (sequence, found) in found.chunks(count * 11).enumerate() {
            assert_near(found, &expected[(sequence * 150 + start) * 11..][..count * 11], 1e-5);
        }
    }
    assert_eq!(cache.len(), 150);
}

#[test]
fn a_clone_goes_its_own_way() {
    let mut net = Gpt::new(&Cpu::default());
    randomise(&mut net, 1);
    let mut cache = KvCache::new(9);
    cache.step(&net, ids(0, 4)).expect("nine fit");
    let mut other = cache.clone();
    let first = cache.step(&net, ids(4, 1)).expect("nine fit").as_vec();
    other.step(&net, ids(0, 2)).expect("nine fit");
    assert_eq!((cache.len(), other.len()), (5, 6));
    let second = cache.step(&net, ids(5, 1)).expect("nine fit").as_vec();
    let mut again = KvCache::new(9);
    again.step(&net, ids(0, 4)).expect("nine fit");
    assert_eq!(again.step(&net, ids(4, 1)).expect("nine fit").as_vec(), first);
    assert_eq!(again.step(&net, ids(5, 1)).expect("nine fit").as_vec(), second);
}

#[test]
fn weights_may_come_to_lie_in_another_order_between_steps() {
    let mut net = Llama::new(&Cpu::default());
    randomise(&mut net, 1);
    let (mut cache, mut expected) = (KvCache::new(9), KvCache::new(9));
    cache.step(&net, ids(0, 4)).expect("nine fit");
    expected.step(&net, ids(0, 4)).expect("nine fit");
    let mut turned = net.clone();
    let columns: Tensor<Rank2<8, 11>, f32, _> = turned.head.weight.tensor().clone().permute().contiguous();
    turned.head.weight = columns.permute::<Rank2<11, 8>, _>().into();
    for start in 4..9 {
        let found = array(&cache.step(&turned, ids(start, 1)).expect("nine fit")).values;
        assert_near(&found, &array(&expected.step(&net, ids(start, 1)).expect("nine fit")).values, 1e-6);
    }
}

#[test]
fn a_network_of_the_same_name_and_other_sizes_is_another() {
    layer! {
        pub struct Wide<const D: usize>: [n, D] -> [n, D] where D % 2 == 0 { attend: attention(heads: 2, mask: causal) }
    }
    let device = Cpu::default();
    let (narrow, wide) = (Wide::<6>::new(&device), Wide::<8>::new(&device));
    let mut cache = KvCache::new(9);
    cache.step(&narrow, vectors::<f32>(0, 2)).expect("nine fit");
    let x: Tensor<(usize, usize, Const<8>), f32, Cpu> = device.ones_like(&(2, 1, Const));
    let error = cache.step(&wide, x).map(drop).expect_err("another network");
    assert!(matches!(error, Error::CacheChanged { .. }), "{error}");
    cache.step(&narrow, vectors::<f32>(2, 1)).expect("it stayed as it was");
}

#[test]
fn a_failed_first_step_leaves_nothing_to_the_next_network() {
    let (gpt, sines) = (Gpt::new(&Cpu::default()), Sines::new(&Cpu::default()));
    let mut cache = KvCache::new(20);
    let long: Tensor<(usize,), usize, Cpu> = Cpu::default().tensor_from_vec(vec![1; 10], (10,));
    cache.step(&gpt, long).map(drop).expect_err("`places` has nine positions");
    assert!(cache.is_empty());
    cache.step(&sines, vectors(0, 3)).expect("the cache is empty");
    assert_eq!(cache.len(), 3);
}

#[test]
fn past_the_capacity_it_says_so_and_stays_as_it_was() {
    let net = Gpt::new(&Cpu::default());
    let mut cache = KvCache::new(5);
    cache.step(&net, ids(0, 4)).expect("five positions fit");
    let full = cache.step(&net, ids(4, 2)).map(drop).expect_err("only one fits");
    assert_eq!(full, Error::CacheFull { capacity: 5, length: 4, given: 2 });
    assert_eq!(full.to_string(), "the cache holds 5 positions: 4 are taken, so that 2 more don't fit");
    let last = cache.step(&net, ids(4, 1)).expect("one fits").as_vec();
    assert_eq!(last, {
        let mut again = KvCache::new(5);
        again.step(&net, ids(0, 4)).expect("it did before");
        again.step(&net, ids(4, 1)).expect("it did before").as_vec()
    });
    cache.clear();
    assert!(cache.is_empty() && cache.capacity() == 5);
    cache.step(&net, ids(0, 5)).expect("it is empty");
}

#[test]
fn the_positions_of_earlier_steps_count() {
    let net = Gpt::new(&Cpu::default());
    let mut cache = KvCache::new(20);
    cache.step(&net, ids(0, 8)).expect("nine positions");
    let error = cache.step(&net, ids(0, 2)).map(drop).expect_err("ten positions");
    assert_eq!(error.to_string(), "`places` has 9 positions, but was given 10");
    assert_eq!(cache.len(), 8);
    cache.step(&net, ids(8, 1)).expect("the failed step left nothing behind");
}

#[test]
fn it_goes_on_with_the_network_and_the_batch_it_began_with() {
    let (gpt, llama) = (Gpt::new(&Cpu::default()), Llama::new(&Cpu::default()));
    let mut cache = KvCache::new(20);
    cache.step(&gpt, ids(0, 1)).expect("it is new");
    let other = cache.step(&llama, ids(1, 1)).map(drop).expect_err("another network");
    assert!(
        other.to_string().contains("2 sequences of `Gpt`, and can't go on with 2 sequences of `Llama`"),
        "{other}"
    );
    let one: Tensor<(usize,), usize, Cpu> = Cpu::default().tensor_from_vec(vec![1], (1,));
    let fewer = cache.step(&gpt, one).map(drop).expect_err("another batch");
    assert!(fewer.to_string().contains("can't go on with 1 sequences of `Gpt`"), "{fewer}");
}

#[test]
fn what_looks_ahead_can_not_run_step_by_step() {
    layer! { pub struct Ahead: [n, 6] -> [n, 6] { attend: attention(heads: 2) } }
    layer! { pub struct Pooled: [n, 6] -> [6] { pool(mean) } }
    layer! { pub struct Classed: [n, 6] -> [n + 1, 6] { class: class_token } }
    layer! { pub struct Rows: [6] -> [6] { relu } }
    let device = Cpu::default();
    let x: Tensor<(usize, Const<6>), f32, _> = device.ones_like(&(2, Const));
    let said = |error: Error| match error {
        Error::NotStepwise { item, .. } => item,
        other => panic!("{other}"),
    };
    let mut cache = KvCache::new(9);
    assert_eq!(said(cache.step(&Ahead::new(&device), x.clone()).map(drop).unwrap_err()), "attend");
    assert_eq!(said(cache.step(&Pooled::new(&device), x.clone()).map(drop).unwrap_err()), "pool");
    assert_eq!(said(cache.step(&Classed::new(&device), x.clone()).map(drop).unwrap_err()), "class");
    assert_eq!(said(cache.step(&Rows::new(&device), x).map(drop).unwrap_err()), "Rows");
    assert!(cache.is_empty());
}
