//! Fresh weights: PyTorch's distributions, reproducible from the device's seed.

use tensor_core::prelude::*;

use crate::nets::Everything;
use crate::support::net::weights;

layer! {
    pub struct Wide: [400] -> [500] {
        fc: linear(400 -> 500),
        relu,
        plain: linear(500 -> 300, bias: false),
        relu,
        adapted: lora(300 -> 500, rank: 100, alpha: 8),
        norm: layer_norm,
        rms: rms_norm,
    }
}

/// Uniform in ± 1/√inputs, whose variance is 1 / (3 · inputs).
#[track_caller]
fn assert_kaiming(name: &str, values: &[f32], inputs: f64) {
    let bound = 1.0 / inputs.sqrt();
    let values: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(largest <= bound * (1.0 + 1e-6), "{name}: {largest} is beyond {bound}");
    assert!(largest > 0.99 * bound && smallest < -0.99 * bound, "{name} does not reach the bounds ± {bound}");
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    let expected = bound * bound / 3.0;
    assert!((variance / expected - 1.0).abs() < 0.03, "{name}: variance {variance}, expected {expected}");
    assert!(mean.abs() < 4.0 * (expected / count).sqrt(), "{name}: mean {mean}");
}

#[test]
fn matrices_start_as_in_pytorch() {
    let net = Wide::new(&Cpu::seed_from_u64(1));
    assert_kaiming("fc.weight", &net.fc.weight.as_vec(), 400.0);
    assert_kaiming("plain.weight", &net.plain.weight.as_vec(), 500.0);
    assert_kaiming("adapted.weight", &net.adapted.weight.as_vec(), 300.0);
    assert_kaiming("adapted.lora_a", &net.adapted.lora_a.as_vec(), 300.0);
}

/// 500 numbers have a variance within some 10 % only, so biases of 60 networks are pooled.
#[test]
fn biases_start_as_in_pytorch() {
    layer! { struct Short: [4] -> [500] { fc: linear(4 -> 500) } }
    let device = Cpu::seed_from_u64(2);
    let biases: Vec<f32> = (0..60).flat_map(|_| Short::new(&device).fc.bias.as_vec()).collect();
    assert_kaiming("fc.bias", &biases, 4.0);
}

#[test]
fn norms_start_as_the_identity_and_lora_as_its_frozen_matrix() {
    let net = Wide::new(&Cpu::seed_from_u64(1));
    assert_eq!((net.norm.weight.array(), net.norm.bias.array()), ([1.0; 500], [0.0; 500]));
    assert_eq!(net.rms.weight.array(), [1.0; 500]);
    assert!(net.adapted.lora_b.as_vec().iter().all(|value| *value == 0.0));
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let bits = |seed| -> Vec<u64> {
        let net = Everything::new(&Cpu::seed_from_u64(seed));
        weights(&net).iter().flat_map(|(_, array)| &array.values).map(|value| value.to_bits()).collect()
    };
    assert_eq!(bits(9), bits(9));
    assert_ne!(bits(9), bits(10));
    let default = weights(&Everything::new(&Cpu::default()));
    assert_eq!(default, weights(&Everything::new(&Cpu::seed_from_u64(0))));
}

/// The next network on the same device has other weights.
#[test]
fn two_networks_of_one_device_differ() {
    let device = Cpu::seed_from_u64(9);
    let (first, second) = (Everything::new(&device), Everything::new(&device));
    assert_ne!(weights(&first), weights(&second));
}
