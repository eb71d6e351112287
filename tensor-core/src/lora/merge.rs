//! W + (alpha/rank)·B·A.

use dfdx::prelude::Device;
use rayon::prelude::*;

use super::AdapterError;
use super::items::{A, AdapterInfo, B, is_factor, some_adapters};
use crate::io::{Entry, StateDtype, decode, entries};
use crate::layer::Layer;
use crate::param::Element;

/// The weights of the plain network that does the same: each `lora` item's one matrix, and all else as it is.
pub(super) fn merged<N: Layer<E, D>, E: Element + StateDtype, D: Device<E>>(
    net: &N,
) -> Result<Vec<Entry>, AdapterError> {
    let adapters = some_adapters(net)?;
    let (factors, mut rest): (Vec<Entry>, Vec<Entry>) =
        entries(net)?.into_iter().partition(|entry| is_factor(&entry.name));
    for adapter in &adapters {
        let weight = rest.iter_mut().find(|entry| entry.name == weight_of(adapter));
        let [a, b] = [A, B].map(|factor| named(&factors, &format!("{}.{factor}", adapter.name)));
        let (Some(weight), Some(a), Some(b)) = (weight, a, b) else {
            unreachable!("a `lora` item has a weight, A and B");
        };
        let [mut w, a, b] = [&*weight, a, b].map(numbers::<E>);
        add_product(&mut w, &a, &b, adapter);
        weight.bytes = E::to_bytes(&w);
    }
    Ok(rest)
}

/// The name of the frozen matrix.
pub(super) fn weight_of(adapter: &AdapterInfo) -> String {
    format!("{}.weight", adapter.name)
}

/// The entry of this name.
pub(super) fn named<'e>(entries: &'e [Entry], name: &str) -> Option<&'e Entry> {
    entries.iter().find(|entry| entry.name == name)
}

/// The numbers of an entry.
pub(super) fn numbers<E: StateDtype>(entry: &Entry) -> Vec<E> {
    decode(entry.dtype, &entry.bytes).unwrap_or_default()
}

/// Adds scale·B·A to W, rounded once: each row is summed in `f64`.
fn add_product<E: Element>(w: &mut [E], a: &[E], b: &[E], adapter: &AdapterInfo) {
    let AdapterInfo { inputs, rank, .. } = *adapter;
    let wide = |x: E| x.to_f64().unwrap_or(f64::NAN);
    let a: Vec<f64> = a.iter().copied().map(wide).collect();
    w.par_chunks_mut(inputs).zip(b.par_chunks(rank)).for_each(|(w, b)| {
        let mut row: Vec<f64> = w.iter().copied().map(wide).collect();
        for (&b, a) in b.iter().zip(a.chunks(inputs)) {
            let factor = wide(b) * adapter.scale();
            row.iter_mut().zip(a).for_each(|(sum, a)| *sum += factor * a);
        }
        w.iter_mut().zip(row).for_each(|(w, sum)| *w = E::of(sum));
    });
}
