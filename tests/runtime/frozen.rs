//! Frozen networks give what the networks give, from several threads, without allocating.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use tensor_core::frozen::Flat;
use tensor_core::loss::CrossEntropy;
use tensor_core::optim::{Adam, Optimizer};
use tensor_core::prelude::*;

use crate::nets::{Block, TwoLayer};
use crate::support::net::weights;

/// Counts what this thread allocates.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: as the system's, which does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

layer! {
    struct Words: ids[n] -> [n, 50] {
        tokens: embedding(50 -> 64),
        residual { norm: layer_norm, attend: attention(heads: 4, mask: causal) },
        unembed(50, tie: tokens),
    }
}

layer! {
    struct Reader: (tokens: ids[n], mask: [n], kinds: ids[n]) -> [16] {
        words: embedding(50 -> 16),
        kind: embedding(2 -> 16, add: kinds),
        residual { norm: layer_norm, attend: attention(heads: 2, mask: padding) },
        pool(mean),
    }
}

/// Not to the bit: weights that are packed once serve as few as eight rows, which a network's own pass multiplies as they lie,
/// and the two add up in another order.
#[track_caller]
fn assert_near(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-5 * (1.0 + expected.abs()), "{found} {expected}");
    }
}

#[test]
fn a_frozen_network_gives_what_the_network_gives() {
    let device = Cpu::seed_from_u64(1);
    let (net, block) = (TwoLayer::new(&device), Block::<64, 128>::new(&device));
    let (frozen, frozen_block) = (net.clone().freeze(), block.clone().freeze());
    for rows in [1, 2, 31, 33, 100] {
        let x: Tensor<(usize, Const<4>), f32, _> = device.sample_normal_like(&(rows, Const));
        assert_near(&frozen.forward(x.clone()).as_vec(), &net.forward(x).as_vec());
        let x: Tensor<(usize, Const<3>, Const<64>), f32, _> =
            device.sample_normal_like(&(rows, Const, Const));
        let expected = frozen_block.forward(x.clone()).as_vec();
        assert_near(&expected, &block.forward(x.clone()).as_vec());
        let mut y = vec![0.0; expected.len()];
        frozen_block.forward_into(&[rows, 3, 64], &x.as_vec(), &mut y).unwrap();
        assert_eq!(y, expected);
    }
    let empty: Tensor<(usize, Const<4>), f32, _> = device.zeros_like(&(0, Const));
    assert_eq!(frozen.forward(empty).shape().0, 0);
    frozen.forward_into(&[0, 4], &[], &mut []).unwrap();
}

#[test]
fn a_thawed_network_is_trained_further() {
    let device = Cpu::seed_from_u64(8);
    let mut net = TwoLayer::new(&device);
    let mut thawed = net.clone().freeze().thaw();
    assert_eq!(thawed.save_bytes().unwrap(), net.save_bytes().unwrap());
    let x: Tensor<Rank2<6, 4>, f32, _> = device.sample_normal();
    let step = |net: &mut TwoLayer| {
        let mut optimizer = Optimizer::new(Adam::default());
        optimizer.train_step(net, x.clone(), CrossEntropy(&[0, 1, 2, 0, 1, 2])).unwrap()
    };
    assert_eq!(step(&mut thawed), step(&mut net));
    assert_eq!(thawed.save_bytes().unwrap(), net.save_bytes().unwrap());
    assert_ne!(step(&mut thawed), step(&mut thawed), "it learns");
}

#[test]
fn ids_are_served_too() {
    let device = Cpu::seed_from_u64(2);
    let net = Words::new(&device);
    let ids = [3, 1, 4, 1, 5, 9];
    let expected = net.forward(device.tensor(ids)).as_vec();
    let frozen = net.freeze();
    let served = frozen.forward(device.tensor(ids)).as_vec();
    assert_near(&served, &expected);
    let mut y = vec![0.0; expected.len()];
    frozen.forward_ids_into(&[6], &ids, &mut y).unwrap();
    assert_eq!(y, served);
    let error = frozen.forward_ids_into(&[6], &[0, 0, 0, 50, 0, 0], &mut y).unwrap_err();
    assert!(matches!(error, tensor_core::Error::Id { .. }), "{error}");
}

#[test]
fn side_inputs_are_served_without_allocating() {
    let device = Cpu::seed_from_u64(6);
    let net = Reader::new(&device);
    let tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3];
    let mask = [1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0];
    let kinds = [0, 0, 1, 1, 1];
    let typed = || {
        let tokens = device.tensor_from_vec(tokens.to_vec(), (2, 5));
        let mask = device.tensor_from_vec(mask.to_vec(), (2, 5));
        (tokens, mask, device.tensor(kinds)) // the kinds are those of both sequences
    };
    let (a, b, c) = typed();
    let expected = net.forward(a, b, c).as_vec();
    let frozen = net.freeze();
    assert_eq!(frozen.forward(typed()).as_vec(), expected);
    let mut y = vec![0.0; expected.len()];
    let sides = [Flat::Numbers(&[2, 5], &mask), Flat::Ids(&[5], &kinds)];
    let mut call = || frozen.forward_all_into(Flat::Ids(&[2, 5], &tokens), &sides, &mut y).unwrap();
    (0..3).for_each(|_| call());
    assert_eq!(allocations(|| (0..10).for_each(|_| call())), 0);
    assert_eq!(y, expected);
}

#[test]
fn wrong_side_inputs_are_errors() {
    let frozen = Reader::new(&Cpu::seed_from_u64(7)).freeze();
    let (tokens, mask, kinds) = ([1, 2, 3], [1.0, 1.0, 0.0], [0, 1, 0]);
    let tokens = Flat::Ids(&[3], &tokens);
    let mut y = [0.0; 16];
    let mut told = |x, sides: &[Flat<'_>]| frozen.forward_all_into(x, sides, &mut y).unwrap_err().to_string();
    let (mask, kinds) = (Flat::Numbers(&[3], &mask), Flat::Ids(&[3], &kinds));
    assert_eq!(told(tokens, &[mask]), "`Reader` takes 2 side inputs, but was given 1");
    let swapped = "the side input `mask` of `Reader` takes [3], but was given ids[3]";
    assert_eq!(told(tokens, &[kinds, mask]), swapped);
    let short = "the mask has 2 numbers, but its sizes make 3";
    assert_eq!(told(tokens, &[Flat::Numbers(&[3], &[1.0, 1.0]), kinds]), short);
    let other = "the side input `mask` of `Reader` takes [3], but was given [2]";
    assert_eq!(told(tokens, &[Flat::Numbers(&[2], &[1.0, 1.0]), kinds]), other);
    let numbers = "`Reader` takes axes that end in ids[n], but was given [3]";
    assert_eq!(told(mask, &[mask, kinds]), numbers);
    let axes = "`Reader` takes axes that end in ids[n], but was given ids[1, 1, 1, 1, 1, 1, 1]";
    assert_eq!(told(Flat::Ids(&[1; 7], &[0]), &[mask, kinds]), axes);
    let empty = "`Reader` needs at least one row, but was given ids[0]";
    assert_eq!(told(Flat::Ids(&[0], &[]), &[mask, kinds]), empty);
    let no_mask = told(tokens, &[Flat::Numbers(&[3], &[1.0, 0.5, 0.0]), kinds]);
    assert!(no_mask.contains("0.5"), "{no_mask}");
    assert_eq!(
        frozen.forward_ids_into(&[3], &[1, 2, 3], &mut [0.0; 16]).unwrap_err().to_string(),
        "`Reader` takes 2 side inputs, but was given 0"
    );
}

#[test]
fn several_threads_serve_one_network() {
    fn assert_shared<T: Send + Sync>(value: T) -> T {
        value
    }
    let device = Cpu::seed_from_u64(3);
    let net = Block::<64, 128>::new(&device);
    let x: Tensor<Rank2<40, 64>, f32, _> = device.sample_normal();
    let (expected, x) = (net.forward(x.clone()).as_vec(), x.as_vec());
    let frozen = assert_shared(net.freeze());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut y = vec![0.0; expected.len()];
                for _ in 0..20 {
                    y.fill(f32::NAN);
                    frozen.forward_into(&[40, 64], &x, &mut y).unwrap();
                    assert_eq!(y, expected);
                }
            });
        }
    });
}

#[test]
fn a_call_allocates_nothing() {
    let device = Cpu::seed_from_u64(4);
    let frozen = Block::<64, 128>::new(&device).freeze();
    let mut y = vec![0.0; 40 * 64];
    let x = vec![0.5; 40 * 64];
    let mut call = || frozen.forward_into(&[40, 64], &x, &mut y).unwrap();
    (0..3).for_each(|_| call());
    assert_eq!(allocations(|| (0..10).for_each(|_| call())), 0);
}

#[test]
fn a_step_of_training_allocates_nothing() {
    let device = Cpu::seed_from_u64(5);
    let (mut net, mut optimizer) = (TwoLayer::new(&device), Optimizer::new(Adam::default()));
    let x: Tensor<Rank2<16, 4>, f32, _> = device.sample_normal();
    let labels = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0];
    let mut step = || optimizer.train_step(&mut net, x.clone(), CrossEntropy(&labels)).unwrap();
    (0..3).for_each(|_| _ = step());
    assert_eq!(allocations(|| (0..10).for_each(|_| _ = step())), 0);
}

/// Nor does one whose weights and rows several threads share.
#[test]
fn a_step_of_a_larger_network_allocates_nothing() {
    layer! { struct Wide: [300] -> [3] { hidden: linear(300 -> 200), relu, output: linear(200 -> 3) } }
    let device = Cpu::seed_from_u64(5);
    let (mut net, mut optimizer) = (Wide::new(&device), Optimizer::new(Adam::default()).clip_norm(0.1));
    let x: Tensor<Rank2<64, 300>, f32, _> = device.sample_normal();
    let labels: [usize; 64] = std::array::from_fn(|row| row % 3);
    let mut step = || optimizer.train_step(&mut net, x.clone(), CrossEntropy(&labels)).unwrap();
    // A thread that takes up another's work within its own needs room for it once.
    let mut rounds = (0..20).map(|_| allocations(|| (0..10).for_each(|_| _ = step())));
    assert!(rounds.any(|count| count == 0) && rounds.filter(|&count| count == 0).count() >= 10);
}

#[test]
fn an_empty_batch_makes_no_step() {
    layer! {
        struct Pooled: [n, 4] -> [3] {
            token: class_token,
            attend: attention(heads: 2),
            pool(mean),
            output: linear(4 -> 3),
        }
    }
    let device = Cpu::seed_from_u64(5);
    let mut net = Pooled::new(&device);
    let before = weights(&net);
    for (batch, n) in [(0, 5), (1, 0), (0, 0)] {
        let x: Tensor<(usize, usize, Const<4>), f32, _> = device.zeros_like(&(batch, n, Const));
        let mut optimizer: Optimizer<Adam> = Optimizer::new(Adam::default());
        let error = optimizer.train_step(&mut net, x, CrossEntropy(&vec![0; batch])).unwrap_err();
        assert!(matches!(error, tensor_core::Error::Empty { .. }), "{error}");
    }
    assert_eq!(weights(&net), before);
}

#[test]
fn wrong_slices_are_errors() {
    let frozen = TwoLayer::new(&Cpu::default()).freeze();
    let mut y = [0.0; 3];
    let told = |result: Result<(), tensor_core::Error>| result.unwrap_err().to_string();
    let error = told(frozen.forward_into(&[1, 5], &[0.0; 5], &mut y));
    assert_eq!(error, "`TwoLayer` takes axes that end in [4], but was given [1, 5]");
    let error = told(frozen.forward_into(&[1, 4], &[0.0; 5], &mut y));
    assert_eq!(error, "the input has 5 numbers, but its sizes make 4");
    let error = told(frozen.forward_into(&[2, 4], &[0.0; 8], &mut y));
    assert_eq!(error, "the output has 3 numbers, but its sizes make 6");
    let error = told(frozen.forward_into(&[4; 7], &[], &mut y));
    assert_eq!(error, "`TwoLayer` takes axes that end in [4], but was given [4, 4, 4, 4, 4, 4, 4]");
}
