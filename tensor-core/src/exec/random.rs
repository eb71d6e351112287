//! What dropout draws from: the device, or a seed that was given for a piece of work.

use std::cell::Cell;

use dfdx::prelude::*;

use crate::kernels::dropout::mix;
use crate::param::Element;

thread_local! {
    /// The seed of the work under way on this thread, and how many seeds were made of it.
    static GIVEN: Cell<Option<(u64, u64)>> = const { Cell::new(None) };
}

/// Runs `work`, whose dropouts draw from this seed and from nothing else: the same seed gives the same numbers, whatever
/// was drawn on the device before.
///
/// Without it they draw from the device, so that each pass changes what the next one draws. A training that goes on in
/// another process can't bring a device to where it was; with a seed for each step it need not.
/// [`Trainer::seed`](crate::train::Trainer::seed) does this with [`step_seed`].
///
/// ```
/// use tensor_core::prelude::*;
/// use tensor_core::train::seeded;
///
/// layer! { pub struct Dropped: [64] -> [64] { dropout(0.5) } }
///
/// let net = Dropped::new(&Cpu::default());
/// let x: Tensor<Rank1<64>, f32, _> = Cpu::default().ones();
/// let drop = |seed| seeded(seed, || net.forward_train(x.clone(), Gradients::leaky()).array());
/// assert_eq!(drop(1), drop(1));
/// assert_ne!(drop(1), drop(2));
/// ```
pub fn seeded<R>(seed: u64, work: impl FnOnce() -> R) -> R {
    struct Before(Option<(u64, u64)>);
    impl Drop for Before {
        fn drop(&mut self) {
            GIVEN.set(self.0); // also where `work` panics
        }
    }
    let _before = Before(GIVEN.replace(Some((seed, 0))));
    work()
}

/// The seed of what a training draws with its batch `batch`, counted from 0 over all epochs.
pub fn step_seed(seed: u64, batch: u64) -> u64 {
    mix(seed ^ 0x5eed_0f57_e9c0_ffee, batch)
}

/// The next seed of the work under way; none if it draws from the device.
fn given() -> Option<u64> {
    let (seed, made) = GIVEN.get()?;
    GIVEN.set(Some((seed, made + 1)));
    Some(mix(seed, made))
}

/// What the dropouts of a pass draw from.
pub(crate) fn pass_seed<D: RandomU64>(device: &D) -> u64 {
    given().unwrap_or_else(|| device.random_u64())
}

/// Numbers dropped with this probability, the others scaled by 1/(1 − p), by dfdx's ops.
pub(crate) fn drop_some<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    probability: f64,
) -> Result<Tensor<S, E, D, T>, D::Err> {
    let Some(seed) = given() else { return x.try_dropout(probability) };
    let (scale, bound) = (E::of(1.0 / (1.0 - probability)), (probability * 4_294_967_296.0) as u64);
    let places = 0..x.shape().num_elements() as u64;
    let factors = places.map(|place| if mix(seed, place) >> 32 < bound { E::of(0.0) } else { scale });
    let factors = x.device().try_tensor_from_vec(factors.collect(), *x.shape())?;
    x.try_mul(factors)
}
