//! A start from what another training changed: the matrices of low rank that come nearest to a difference of weights.

use dfdx::prelude::Device;

use super::items::{A, AdapterInfo, B, some_adapters};
use super::merge::{named, numbers, weight_of};
use super::{Adapt, AdapterError};
use crate::io::{Entry, Part, StateDict, StateDtype, entries, load_part, serialize};
use crate::layer::Layer;
use crate::linalg::{ANY, Matrix, Svd};
use crate::param::Element;

/// How much of a difference of weights a `lora` item has taken up.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The item's name in saved files.
    pub name: String,
    /// The singular values of the difference, the largest first.
    pub singular_values: Vec<f64>,
    /// The part of their squares that the first ones, as many as the item's rank, have; 1 of no difference.
    pub share: f64,
}

/// See [`Adapt::adapt_to_difference`](super::Adapt::adapt_to_difference).
pub(super) fn adapt<N: Layer<E, D>, M: StateDict<E, D>, E: Element + StateDtype, D: Device<E>>(
    net: &mut N,
    base: &M,
    tuned: &M,
) -> Result<Vec<Kept>, AdapterError> {
    let adapters = some_adapters(net)?;
    let [base_entries, tuned_entries] = [entries(base)?, entries(tuned)?];
    let (mut factors, mut kept) = (Vec::new(), Vec::new());
    for adapter in &adapters {
        let name = weight_of(adapter);
        // One that is missing, or of another shape, is reported below with all else that does not fit.
        let (Some(base), Some(tuned)) = (named(&base_entries, &name), named(&tuned_entries, &name)) else {
            continue;
        };
        let [base, tuned] = [base, tuned].map(|entry| numbers::<E>(entry));
        let wide = |x: &E| x.to_f64().unwrap_or(f64::NAN);
        let difference: Vec<f64> = tuned.iter().zip(&base).map(|(t, b)| wide(t) - wide(b)).collect();
        if difference.len() != adapter.inputs * adapter.outputs {
            continue;
        }
        let Factors { a, b, singular_values } = nearest(difference, adapter)?;
        let entry = |factor: &str, shape: [usize; 2], numbers: &[f64]| Entry {
            name: format!("{}.{factor}", adapter.name),
            dtype: E::DTYPE,
            shape: shape.into(),
            bytes: E::to_bytes(&numbers.iter().map(|&x| E::of(x)).collect::<Vec<_>>()),
        };
        factors.push(entry(A, [adapter.rank, adapter.inputs], &a));
        factors.push(entry(B, [adapter.outputs, adapter.rank], &b));
        let squares = |values: &[f64]| values.iter().map(|s| s * s).sum::<f64>();
        let all = squares(&singular_values);
        let first = squares(&singular_values[..adapter.rank.min(singular_values.len())]);
        let share = if all == 0.0 { 1.0 } else { first / all };
        kept.push(Kept { name: adapter.name.clone(), singular_values, share });
    }
    net.adapt(base, &[])?;
    let names: Vec<String> = factors.iter().map(|entry| entry.name.clone()).collect();
    let wants = |name: &str| names.iter().any(|factor| factor == name);
    load_part(net, &serialize(&factors, ("format", "pt"))?, &Part { wants: &wants, leaves: &|_| false })?;
    Ok(kept)
}

/// A `[rank, in]` and B `[out, rank]`, each with its half of the difference's singular values, and these.
struct Factors {
    a: Vec<f64>,
    b: Vec<f64>,
    singular_values: Vec<f64>,
}

/// A and B with scale·B·A nearest to the difference `[out, in]`.
fn nearest(difference: Vec<f64>, adapter: &AdapterInfo) -> Result<Factors, AdapterError> {
    let AdapterInfo { inputs, outputs, rank, .. } = *adapter;
    let matrix = Matrix::<ANY, ANY>::from_vec(outputs, inputs, difference);
    let svd = matrix.and_then(|matrix| Svd::thin(&matrix));
    let svd = svd.map_err(|source| AdapterError::Difference { item: adapter.name.clone(), source })?;
    let (mut a, mut b) = (vec![0.0; rank * inputs], vec![0.0; outputs * rank]);
    for (place, value) in svd.values().iter().take(rank).enumerate() {
        let half = (value / adapter.scale()).sqrt();
        for (a, v) in a[place * inputs..][..inputs].iter_mut().zip(svd.right().row(place)) {
            *a = half * v;
        }
        for (b, u) in b.chunks_exact_mut(rank).zip(svd.left().row(place)) {
            b[place] = half * u;
        }
    }
    Ok(Factors { a, b, singular_values: svd.values().to_vec() })
}
