//! Work on numbers of a weight, large ones in parts on several threads.

use std::any::Any;

use dfdx::prelude::{Cpu, Device, Storage};
use num_traits::Float;

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
    let middle = middle_of(gradient.len());
    let (first, second) = all.split_at(middle);
    let (of_first, of_second) = gradient.split_at_mut(middle);
    rayon::join(|| in_parts(first, of_first, after, work), || in_parts(second, of_second, after, work));
}

impl<'p, E> Part<'p, E> {
    /// The first `count` numbers without their gradients, and the others.
    fn split_at(self, count: usize) -> (Self, Self) {
        let (first, second) = self.weight.split_at_mut(count);
        // A rule that remembers less has empty slices.
        let halves = self.remembered.map(|numbers| {
            let count = count.min(numbers.len());
            numbers.split_at_mut(count)
        });
        let [(a, d), (b, e), (c, f)] = halves;
        let part = |weight, remembered| Part { weight, gradient: &[], remembered };
        (part(first, [a, b, c]), part(second, [d, e, f]))
    }
}

/// Where so many numbers, more than a part's, are halved: a whole number of parts comes first.
fn middle_of(count: usize) -> usize {
    count.div_ceil(PART).div_ceil(2) * PART
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
    let (first, second) = numbers.split_at(middle_of(numbers.len()));
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
