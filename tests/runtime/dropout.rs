//! Dropout is active in training only.

use tensor_core::prelude::*;

use crate::nets::{DeepDrop, Drop};

const ROWS: usize = 4000;

fn ones(device: &Cpu) -> Tensor<(usize, Const<8>), f32, Cpu> {
    device.ones_like(&(ROWS, Const))
}

/// One in four is dropped, the others are scaled by 4/3, and so the mean stays.
#[track_caller]
fn assert_dropped(y: &[f32]) {
    assert!(y.iter().all(|value| *value == 0.0 || (value - 4.0 / 3.0).abs() < 1e-6));
    let dropped = y.iter().filter(|value| **value == 0.0).count() as f64 / y.len() as f64;
    assert!((dropped - 0.25).abs() < 0.01, "{dropped} were dropped"); // 4 standard deviations
    let mean = y.iter().map(|value| f64::from(*value)).sum::<f64>() / y.len() as f64;
    assert!((mean - 1.0).abs() < 0.015, "the mean is {mean}");
}

#[test]
fn forward_train_drops() {
    let device = Cpu::seed_from_u64(1);
    let net = Drop::new(&device);
    assert_dropped(&net.forward_train(ones(&device), Gradients::leaky()).as_vec());
}

#[test]
fn forward_mut_on_a_traced_input_drops() {
    let device = Cpu::seed_from_u64(1);
    let mut net = Drop::new(&device);
    assert_dropped(&net.forward_mut(ones(&device).leaky_trace()).as_vec());
}

#[test]
fn use_drops_nothing() {
    let device = Cpu::seed_from_u64(1);
    let mut net = Drop::new(&device);
    let x = ones(&device);
    assert_eq!(net.forward(x.clone()).as_vec(), x.as_vec());
    assert_eq!(net.forward(x.leaky_trace()).as_vec(), x.as_vec());
    assert_eq!(net.forward_mut(x.clone()).as_vec(), x.as_vec());
}

/// The way back goes through the same mask.
#[test]
fn the_gradient_is_dropped_where_the_value_is() {
    let device = Cpu::seed_from_u64(1);
    let x = ones(&device);
    let y = Drop::new(&device).forward_mut(x.leaky_trace());
    let values = y.as_vec();
    assert_eq!(y.sum().backward().get(&x).as_vec(), values);
}

#[test]
fn each_call_has_its_own_mask_and_each_seed_its_own_sequence() {
    let masks = |seed| {
        let device = Cpu::seed_from_u64(seed);
        let net = Drop::new(&device);
        let mask = || net.forward_train(ones(&device), Gradients::leaky()).as_vec();
        [mask(), mask()]
    };
    let [first, second] = masks(1);
    assert_ne!(first, second);
    assert_eq!([first, second], masks(1));
    assert_ne!(masks(1), masks(2));
}

#[test]
fn a_deep_network_is_random_in_training_and_fixed_in_use() {
    let device = Cpu::seed_from_u64(1);
    let net = DeepDrop::new(&device);
    let x: Tensor<Rank2<5, 8>, f32, _> = device.sample_normal();
    let train = || net.forward_train(x.clone(), net.alloc_grads()).as_vec();
    assert_ne!(train(), train());
    assert_eq!(net.forward(x.clone()).as_vec(), net.forward(x.leaky_trace()).as_vec());
}
