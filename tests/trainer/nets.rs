//! Networks and data to train on.

use tensor_core::prelude::*;

layer! {
    pub struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) }
}

layer! {
    pub struct Block: [n, 16] -> [n, 16] {
        residual { norm_1: layer_norm, attend: attention(heads: 2, mask: causal, dropout: 0.1), dropout(0.1) },
        residual { norm_2: layer_norm, up: linear(32), gelu, down: linear(16), dropout(0.1) },
    }
}

layer! {
    /// A small transformer with dropout in all places.
    pub struct Small: ids[n] -> [n, 12] {
        tokens: embedding(12 -> 16), places: positional(8), dropout(0.1),
        blocks: [Block; 2], norm: layer_norm, unembed(12, tie: tokens),
    }
}

pub type Ids = Tensor<(usize, usize), usize, Cpu>;

/// So many rows of four numbers, and whether the first three are in order.
pub fn rows(count: usize, seed: u64) -> (Vec<[f32; 4]>, Vec<usize>) {
    let x: Tensor<(usize, Const<4>), f32, _> = Cpu::seed_from_u64(seed).sample_normal_like(&(count, Const));
    let rows: Vec<[f32; 4]> = x.as_vec().as_chunks().0.to_vec();
    let labels = rows.iter().map(|[a, b, c, _]| usize::from(a > b) + usize::from(b > c)).collect();
    (rows, labels)
}

/// The rows of these numbers, with their labels.
pub fn select(
    (rows, labels): &(Vec<[f32; 4]>, Vec<usize>),
    chosen: &[usize],
    device: &Cpu,
) -> (Tensor<(usize, Const<4>), f32, Cpu>, Vec<usize>) {
    let x: Vec<f32> = chosen.iter().flat_map(|&row| rows[row]).collect();
    let labels = chosen.iter().map(|&row| labels[row]).collect();
    (device.tensor_from_vec(x, (chosen.len(), Const)), labels)
}

/// Sequences of eight ids, each a sum of those before, and what comes after each place.
pub fn sequences(chosen: &[usize], device: &Cpu) -> (Ids, Vec<usize>) {
    let sequence = |start: usize| {
        let mut ids = vec![start % 12, (start / 12) % 12];
        while ids.len() < 9 {
            ids.push((ids[ids.len() - 1] + ids[ids.len() - 2]) % 12);
        }
        ids
    };
    let all: Vec<Vec<usize>> = chosen.iter().map(|&start| sequence(start)).collect();
    let ids = all.iter().flat_map(|ids| &ids[..8]).copied().collect();
    let next = all.iter().flat_map(|ids| &ids[1..]).copied().collect();
    (device.tensor_from_vec(ids, (chosen.len(), 8)), next)
}
