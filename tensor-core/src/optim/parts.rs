//! Work on numbers of a weight, large ones in parts on several threads.

use std::any::Any;

use dfdx::prelude::{Cpu, Device, Storage};
use num_traits::Float;

use super::rule::Part;
use crate::kernels::parts::in_blocks;
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
    let parts = gradient.len().div_ceil(PART);
    in_blocks((1, 1), (0, parts), (all, gradient), &split_parts, &|_, _, (part, gradient)| {
        work(Part { gradient, ..part });
        after.treat(gradient);
    });
}

/// A part of a weight whose gradient stands beside it.
type Beside<'p, E> = (Part<'p, E>, &'p mut [E]);

/// The first so many parts, and the others.
fn split_parts<'p, E>((part, gradient): Beside<'p, E>, count: usize) -> (Beside<'p, E>, Beside<'p, E>) {
    // A rule that remembers less has empty slices.
    let split = |numbers: &'p mut [E]| numbers.split_at_mut((count * PART).min(numbers.len()));
    let ((first, second), (of_first, of_second)) = (split(part.weight), split(gradient));
    let [(a, d), (b, e), (c, f)] = part.remembered.map(split);
    let part = |weight, remembered| Part { weight, gradient: &[], remembered };
    ((part(first, [a, b, c]), of_first), (part(second, [d, e, f]), of_second))
}

/// A gradient's numbers, if they are on the CPU.
pub(crate) fn on_cpu<E: Element, D: Device<E>>(gradient: &mut <D as Storage<E>>::Vec) -> Option<&mut [E]> {
    let gradient = (gradient as &mut dyn Any).downcast_mut::<<Cpu as Storage<E>>::Vec>()?;
    Some(gradient)
}

/// In parts of the same length, whichever thread adds which, so that the sum is always the same.
pub(super) fn sum_of_squares<E: Element>(numbers: &[E]) -> f64 {
    if numbers.len() <= PART {
        return squares(numbers);
    }
    threads(); // so that this thread takes part
    let (first, second) = numbers.split_at(numbers.len().div_ceil(PART).div_ceil(2) * PART);
    let (first, second) = rayon::join(|| sum_of_squares(first), || sum_of_squares(second));
    first + second
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
