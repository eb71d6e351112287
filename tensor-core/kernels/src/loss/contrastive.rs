//! The loss of a batch of pairs, each of which is told from the others by the cosine.

use super::cross_entropy;
use crate::Threads;
use crate::matmul::{Into, Matrix, multiply};
use crate::parts::by_rows;
use crate::scratch::with_scratch;
use crate::vectorised;

/// Pairs of rows of `width` numbers.
#[derive(Clone, Copy)]
pub struct Pairs<'p> {
    /// One row of each pair.
    pub queries: &'p [f32],
    /// The other one.
    pub keys: &'p [f32],
    /// Numbers of a row.
    pub width: usize,
    /// What cosines are divided by.
    pub temperature: f32,
    /// Whether keys find queries as well.
    pub both_ways: bool,
}

/// Lengths below this are taken for it, as in PyTorch's `normalize`.
const SHORTEST: f32 = 1e-12;

vectorised! {
    fn length_of(row: &[f32]) -> f32 {
        let mut sums = [0.0f32; 16];
        for part in row.chunks(16) {
            for (&x, sum) in part.iter().zip(&mut sums) {
                *sum += x * x;
            }
        }
        let length = sums.iter().sum::<f32>().sqrt();
        if length < SHORTEST { SHORTEST } else { length }
    }
}

vectorised! {
    /// The gradient by a row whose unit row has this gradient.
    fn back_through_length(row: &[f32], unit: &[f32], gradient: &mut [f32]) {
        let share = 1.0 / length_of(row);
        let along: f32 = unit.iter().zip(&*gradient).map(|(&u, &g)| u * g).sum();
        for (g, &u) in gradient.iter_mut().zip(unit) {
            *g = (*g - along * u) * share;
        }
    }
}

fn units(rows: &[f32], width: usize, units: &mut [f32]) {
    by_rows(units, width, &|first, units| {
        for (row, unit) in rows[first * width..].chunks_exact(width).zip(units.chunks_exact_mut(width)) {
            let share = 1.0 / length_of(row);
            for (unit, &x) in unit.iter_mut().zip(row) {
                *unit = x * share;
            }
        }
    });
}

fn back(rows: &[f32], units: &[f32], width: usize, gradient: &mut [f32]) {
    by_rows(gradient, width, &|first, gradient| {
        let rows = rows[first * width..].chunks_exact(width).zip(units[first * width..].chunks_exact(width));
        for ((row, unit), gradient) in rows.zip(gradient.chunks_exact_mut(width)) {
            back_through_length(row, unit, gradient);
        }
    });
}

/// The mean cross-entropy by which each query finds its own key among all by cosine / temperature. The gradients go where
/// they are wanted: by the queries, by the keys.
pub fn info_nce(pairs: Pairs<'_>, of_queries: &mut [f32], of_keys: Option<&mut [f32]>) -> f32 {
    let Pairs { queries, keys, width, temperature, both_ways } = pairs;
    let count = queries.len() / width;
    let labels: Vec<usize> = (0..count).collect();
    with_scratch(queries.len() + keys.len(), |room| {
        let (unit_queries, unit_keys) = room.split_at_mut(queries.len());
        units(queries, width, unit_queries);
        units(keys, width, unit_keys);
        let queries_by = Matrix::new(unit_queries, count, width);
        let keys_by = Matrix::new(unit_keys, count, width);
        let scale = 1.0 / temperature;
        with_scratch(2 * count * count, |room| {
            let (scores, slopes) = room.split_at_mut(count * count);
            multiply(scores, count, Into::Replace, scale, queries_by, keys_by.transposed(), Threads::All);
            let mut loss = cross_entropy(scores, &labels, slopes);
            if both_ways {
                multiply(scores, count, Into::Replace, scale, keys_by, queries_by.transposed(), Threads::All);
                with_scratch(count * count, |other| {
                    loss = 0.5 * (loss + cross_entropy(scores, &labels, other));
                    for query in 0..count {
                        for key in 0..count {
                            let at = query * count + key;
                            slopes[at] = 0.5 * (slopes[at] + other[key * count + query]);
                        }
                    }
                });
            }
            let slopes = Matrix::new(slopes, count, count);
            multiply(of_queries, width, Into::Replace, scale, slopes, keys_by, Threads::All);
            back(queries, unit_queries, width, of_queries);
            if let Some(of_keys) = of_keys {
                multiply(of_keys, width, Into::Replace, scale, slopes.transposed(), queries_by, Threads::All);
                back(keys, unit_keys, width, of_keys);
            }
            loss
        })
    })
}
