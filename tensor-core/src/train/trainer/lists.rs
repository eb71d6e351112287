//! The numbers of a network's weights as lists: averages of them, the best ones.

use dfdx::prelude::Device;

use crate::Error;
use crate::layer::Layer;
use crate::param::{AnyParam, Element, Role, WeightVisitor};

/// The numbers of all weights, one list for each.
pub(super) type Lists<E> = Vec<Vec<E>>;

/// Shows each weight's numbers, in the order of its axes.
fn each<N: Layer<E, D>, E: Element, D: Device<E>>(
    net: &mut N,
    change: &mut dyn FnMut(usize, &mut [E]),
) -> Result<(), Error> {
    let mut all = Each { place: 0, change, failed: None };
    net.visit_weights(&mut all);
    all.failed.map_or(Ok(()), Err)
}

struct Each<'e, E> {
    place: usize,
    change: &'e mut dyn FnMut(usize, &mut [E]),
    failed: Option<Error>,
}

impl<E: Element, D: Device<E>> WeightVisitor<E, D> for Each<'_, E> {
    fn weight(&mut self, _: &str, _: Role, weight: &mut dyn AnyParam<E, D>) {
        if weight.numbers_mut().is_none()
            && let Err(error) = weight.put_in_order()
        {
            self.failed = Some(error);
        }
        if let Some(numbers) = weight.numbers_mut() {
            (self.change)(self.place, numbers);
        }
        self.place += 1;
    }
}

/// A copy of all weights.
pub(super) fn copy<N: Layer<E, D>, E: Element, D: Device<E>>(net: &mut N) -> Result<Lists<E>, Error> {
    let mut lists = Vec::new();
    each(net, &mut |_, numbers| lists.push(numbers.to_vec()))?;
    Ok(lists)
}

/// Exchanges the weights with those of the lists.
pub(super) fn swap<N: Layer<E, D>, E: Element, D: Device<E>>(
    net: &mut N,
    lists: &mut Lists<E>,
) -> Result<(), Error> {
    each(net, &mut |place, numbers| {
        if let Some(list) = lists.get_mut(place) {
            numbers.swap_with_slice(list);
        }
    })
}

/// Brings averages nearer to the weights: `average · decay + weight · (1 − decay)`.
pub(super) fn follow<N: Layer<E, D>, E: Element, D: Device<E>>(
    net: &mut N,
    averages: &mut Lists<E>,
    decay: f64,
) -> Result<(), Error> {
    let (decay, rest) = (E::of(decay), E::of(1.0 - decay));
    let mut read = Read { averages, place: 0, decay, rest, failed: None };
    net.visit_weights(&mut read);
    read.failed.map_or(Ok(()), Err)
}

/// Reads weights without a change, so that their tensors stay as they are.
struct Read<'r, E> {
    averages: &'r mut Lists<E>,
    place: usize,
    decay: E,
    rest: E,
    failed: Option<Error>,
}

impl<E: Element, D: Device<E>> WeightVisitor<E, D> for Read<'_, E> {
    fn weight(&mut self, _: &str, role: Role, weight: &mut dyn AnyParam<E, D>) {
        let place = self.place;
        self.place += 1;
        if role == Role::Frozen {
            return;
        }
        if weight.numbers().is_none()
            && let Err(error) = weight.put_in_order()
        {
            self.failed = Some(error);
        }
        if let (Some(numbers), Some(averages)) = (weight.numbers(), self.averages.get_mut(place)) {
            for (average, &number) in averages.iter_mut().zip(numbers.iter()) {
                *average = *average * self.decay + number * self.rest;
            }
        }
    }
}
