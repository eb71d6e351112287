//! What only a GPU has: whole steps of training that stay there, weights that move, errors that are told before they harm.
//! `tests/parity` and `tests/gradients.rs`, built with the feature `cuda`, run every op there.
//!
//! `cargo test --features cuda --test cuda --test parity --test gradients -- --test-threads=1`; without a GPU they say that
//! they are skipped.

#[path = "../support/mod.rs"]
mod support;

mod errors;
mod losses;
mod moves;
mod training;

use support::net::place;
use tensor_core::prelude::*;

layer! {
    /// Weights of every kind, dropout, tied tables.
    struct Block: [n, 8] -> [n, 8] {
        residual { norm_1: layer_norm, attend: attention(heads: 2, mask: causal, rope: 100.0), dropout(0.1) },
        residual { norm_2: rms_norm, up: linear(8 -> 12), gelu, down: linear(12 -> 8) },
    }
}

layer! {
    struct Gpt: ids[n] -> [n, 11] {
        tokens: embedding(11 -> 8), places: positional(6), blocks: [Block; 2], norm: layer_norm,
        unembed(11, tie: tokens),
    }
}

layer! { struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) } }

layer! {
    struct Images: [1, 6, 6] -> [3] {
        conv_1: conv2d(1 -> 4, kernel: 3, padding: 1), relu, max_pool2d(2), flatten, head: linear(36 -> 3)
    }
}

/// Numbers of the normal distribution on both devices.
fn both<S: Shape>(seed: u64, shape: S) -> (Tensor<S, f32, Cpu>, Tensor<S, f32, Cuda>) {
    let here: Tensor<S, f32, Cpu> = Cpu::seed_from_u64(seed).sample_normal_like(&shape);
    let there = place().tensor_from_vec(here.as_vec(), shape);
    (here, there)
}

#[track_caller]
fn assert_close(what: &str, cpu: &[f32], gpu: &[f32], tolerance: f32) {
    assert_eq!(cpu.len(), gpu.len(), "{what}");
    for (at, (a, b)) in cpu.iter().zip(gpu).enumerate() {
        assert!((a - b).abs() <= tolerance * (1.0 + a.abs()), "{what} [{at}]: CPU {a}, GPU {b}");
    }
}
