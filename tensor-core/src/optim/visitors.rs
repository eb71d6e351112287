//! What an optimizer does to the weights of a network, one by one.

use dfdx::prelude::*;

use super::group::WeightInfo;
use super::kept::{Kept, check_seen};
use super::optimizer::Optimizer;
use super::parts::{After, on_cpu, sum_of_squares};
use super::rule::Rule;
use crate::Error;
use crate::param::{AnyParam, Element, Role, WeightVisitor};

/// Lists the weights of a network.
pub(super) struct List<'l, R, E> {
    pub(super) optimizer: &'l mut Optimizer<R, E>,
    pub(super) prefix: String,
    /// How long the prefix was outside of each field; a field's key may have dots in it.
    pub(super) outer: Vec<usize>,
}

impl<R: Rule, E: Element, D: Device<E>> WeightVisitor<E, D> for List<'_, R, E> {
    fn enter(&mut self, name: &str) {
        self.outer.push(self.prefix.len());
        self.prefix.push_str(name);
        self.prefix.push('.');
    }

    fn leave(&mut self) {
        self.prefix.truncate(self.outer.pop().unwrap_or(0));
    }

    fn weight(&mut self, name: &str, role: Role, weight: &mut dyn AnyParam<E, D>) {
        let (name, sizes) = (format!("{}{name}", self.prefix), weight.sizes());
        let mut group = (self.optimizer.groups)(&WeightInfo { name: &name, sizes: &sizes, role });
        let mut remembers = self.optimizer.rule.remembers().len();
        if role == Role::Frozen || group.rate == 0.0 {
            (group.rate, remembers) = (0.0, 0);
        }
        let remembered = vec![Vec::new(); remembers];
        self.optimizer.kept.push(Kept {
            name,
            sizes,
            group,
            own: 0..0,
            remembered,
            #[cfg(feature = "cuda")]
            on_gpu: Vec::new(),
        });
    }
}

/// Checks that weights are those that were seen.
pub(super) struct Seen<'s, E> {
    pub(super) kept: &'s [Kept<E>],
    pub(super) place: usize,
    pub(super) failed: Option<Error>,
}

impl<E: Element, D: Device<E>> WeightVisitor<E, D> for Seen<'_, E> {
    fn weight(&mut self, name: &str, _: Role, weight: &mut dyn AnyParam<E, D>) {
        if self.failed.is_none() {
            self.failed = check_seen(self.kept.get(self.place), name, weight).err();
        }
        self.place += 1;
    }
}

/// Sums the squares of the gradients of all weights that change.
pub(super) struct Squares<'s, E: Element, D: Device<E>> {
    pub(super) kept: &'s [Kept<E>],
    pub(super) place: usize,
    pub(super) gradients: &'s mut Gradients<E, D>,
    pub(super) sum: f64,
    pub(super) failed: Option<Error>,
}

impl<E: Element, D: Device<E>> WeightVisitor<E, D> for Squares<'_, E, D> {
    fn weight(&mut self, _: &str, _: Role, weight: &mut dyn AnyParam<E, D>) {
        self.place += 1;
        if self.kept.get(self.place - 1).is_some_and(Kept::stays) {
            return;
        }
        match weight.gradient_mut(self.gradients) {
            Err(error) => self.failed = Some(error),
            Ok(gradient) => {
                self.sum += match on_cpu::<E, D>(gradient) {
                    Some(gradient) => sum_of_squares(gradient),
                    None => sum_of_squares(&weight.gradient(self.gradients)),
                }
            }
        }
    }
}

/// Changes the weights by gradients that lie in lists.
pub(super) struct Given<'g, R, E> {
    pub(super) optimizer: &'g mut Optimizer<R, E>,
    pub(super) gradients: &'g mut [Vec<E>],
    pub(super) place: usize,
    pub(super) scale: f64,
}

impl<R: Rule, E: Element, D: Device<E>> WeightVisitor<E, D> for Given<'_, R, E> {
    fn weight(&mut self, _: &str, _: Role, weight: &mut dyn AnyParam<E, D>) {
        let place = self.place;
        self.place += 1;
        if !self.optimizer.kept[place].stays()
            && let Some(numbers) = weight.numbers_mut()
        {
            self.optimizer.change(place, self.scale, numbers, &mut self.gradients[place], After::Keep);
        }
    }
}

/// Changes the weights one by one.
pub(super) struct Next<'n, R, E: Element, D: Device<E>> {
    pub(super) optimizer: &'n mut Optimizer<R, E>,
    pub(super) gradients: &'n mut Gradients<E, D>,
    pub(super) place: usize,
    pub(super) scale: f64,
    pub(super) after: After,
    /// Whether a weight was changed by copies, its gradient left as it was.
    pub(super) apart: bool,
    pub(super) failed: Option<Error>,
}

impl<R: Rule, E: Element, D: Device<E>> WeightVisitor<E, D> for Next<'_, R, E, D> {
    fn weight(&mut self, _: &str, role: Role, weight: &mut dyn AnyParam<E, D>) {
        self.place += 1;
        if self.failed.is_none() {
            self.failed = self.change(role, weight).err();
        }
    }
}

impl<R: Rule, E: Element, D: Device<E>> Next<'_, R, E, D> {
    fn change(&mut self, role: Role, weight: &mut dyn AnyParam<E, D>) -> Result<(), Error> {
        let place = self.place - 1;
        if role == Role::Frozen {
            return Ok(());
        }
        let gradient = weight.gradient_mut(self.gradients)?;
        if let (Some(numbers), Some(gradient)) = (weight.numbers_mut(), on_cpu::<E, D>(gradient)) {
            self.optimizer.change(place, self.scale, numbers, gradient, self.after);
            return Ok(());
        }
        // On another device, or in another order than that of its axes.
        let mut gradient = weight.gradient(self.gradients);
        if weight.numbers_mut().is_none() {
            weight.put_in_order()?;
        }
        if let Some(numbers) = weight.numbers_mut() {
            self.optimizer.change(place, self.scale, numbers, &mut gradient, After::Keep);
        }
        self.apart = true;
        Ok(())
    }
}
