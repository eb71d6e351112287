//! Work on numbers of a weight, large ones in parts on several threads.

use std::any::Any;

use dfdx::prelude::{Cpu, Device, Storage};
use num_traits::Float;
use rayon::prelude::*;

use super::rule::Part;
use crate::kernels::{threads, vectorised};
use crate::param::Element;

/// Below so many numbers a second thread costs more than it saves; a thread takes so many at once.
const PART: usize = 16 * 1024;

/// What becomes of a gradient that was used.
#[derive(Clone, Copy)]
pub(super) enum After {
    Keep,
    Zero,
}

impl After {
    pub(super) fn treat<E: Element>(self, gradient: &mut [E]) {
        match self {
            After::Keep => {}
            After::Zero => gradient.fill(E::of(0.0)),
        }
    }
}

/// Lets `work` change a weight, large ones in parts on several threads, each of whose gradient is treated while it is near.
pub(super) fn in_parts<E: Element>(
    all: Part<'_, E>,
    gradient: &mut [E],
    after: After,
    work: &(dyn Fn(Part<'_, E>) + Sync),
) {
    if gradient.len() <= PART {
        work(Part { gradient, ..all });
        return after.treat(gradient);
    }
    threads(); // so that this thread takes part
    let [first, second, third] = all.remembered.map(|numbers| {
        // A rule that remembers less has empty parts.
        let parts = gradient.len().div_ceil(PART);
        let mut chunks: Vec<&mut [E]> = numbers.chunks_mut(PART).collect();
        chunks.resize_with(parts, Default::default);
        chunks
    });
    let parts = all.weight.par_chunks_mut(PART).zip(gradient.par_chunks_mut(PART));
    let remembered = first.into_par_iter().zip(second).zip(third);
    parts.zip(remembered).for_each(|((weight, gradient), ((first, second), third))| {
        work(Part { weight, gradient, remembered: [first, second, third] });
        after.treat(gradient);
    });
}

/// A gradient's numbers, if they are on the CPU.
pub(crate) fn on_cpu<E: Element, D: Device<E>>(gradient: &mut <D as Storage<E>>::Vec) -> Option<&mut [E]> {
    let gradient = (gradient as &mut dyn Any).downcast_mut::<<Cpu as Storage<E>>::Vec>()?;
    Some(gradient)
}

/// In parts of the same length, whichever thread adds which, so that the sum is always the same.
pub(super) fn sum_of_squares<E: Element>(numbers: &[E]) -> f64 {
    let parts: Vec<f64> = numbers.par_chunks(PART).map(squares).collect();
    parts.iter().sum()
}

vectorised! {
    /// Several sums side by side, so that none waits for the number before.
    fn squares<E: Float>(numbers: &[E]) -> f64 {
        let mut sums = [0.0; 16];
        let (chunks, rest) = numbers.as_chunks::<16>();
        for chunk in chunks.iter().map(|chunk| &chunk[..]).chain([rest]) {
            for (sum, x) in sums.iter_mut().zip(chunk) {
                let x = x.to_f64().unwrap_or(f64::NAN);
                *sum += x * x;
            }
        }
        sums.iter().sum()
    }
}
