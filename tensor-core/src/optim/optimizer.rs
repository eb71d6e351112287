//! Applies a rule to the weights of a network.

use dfdx::prelude::*;

use super::divide::Division;
use super::group::{Group, WeightInfo};
use super::kept::{Kept, check_count};
use super::parts::{After, in_parts, sum_of_squares};
use super::rule::{Change, MOST_REMEMBERED, Part, Rule};
use super::setting::{Setting, Takes};
use super::train_step::Room;
use super::visitors::{Given, List, Next, Seen, Squares};
use crate::Error;
use crate::layer::Layer;
use crate::param::Element;

/// A rule, and what it remembers of the weights of one network.
///
/// It works on networks on any device. [`train_step`](Optimizer::train_step) keeps all of a step on a GPU; [`step`](Optimizer::step)
/// brings gradients and weights to the host and back where they are not there.
pub struct Optimizer<R, E = f32> {
    /// How weights change; its settings may be changed between steps.
    pub rule: R,
    pub(super) step: u64,
    pub(super) kept: Vec<Kept<E>>,
    corrections: [f64; 2],
    pub(super) most_norm: Option<f64>,
    last_norm: Option<f64>,
    pub(super) room: Room<E>,
    pub(super) division: Division,
    pub(super) groups: Box<dyn Fn(&WeightInfo<'_>) -> Group + Send + Sync>,
}

impl<R: std::fmt::Debug, E> std::fmt::Debug for Optimizer<R, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.kept.iter().map(|kept| &*kept.name).collect();
        f.debug_struct("Optimizer")
            .field("rule", &self.rule)
            .field("step", &self.step)
            .field("weights", &names)
            .finish_non_exhaustive()
    }
}

impl<R: Rule, E: Element> Optimizer<R, E> {
    /// An optimizer that has seen no step.
    pub fn new(rule: R) -> Self {
        let (kept, groups) = (Vec::new(), Box::new(Group::usual));
        Optimizer {
            rule,
            step: 0,
            kept,
            corrections: [1.0; 2],
            most_norm: None,
            last_norm: None,
            room: Room::default(),
            division: Division::default(),
            groups,
        }
    }

    /// Scales the gradients of a step down where their norm, over all weights, is larger than `most`, a number above 0: with
    /// another one each step is [`Error::Setting`].
    ///
    /// # Source
    /// "On the difficulty of training recurrent neural networks", arXiv:1211.5063; PyTorch's `clip_grad_norm_`
    #[must_use]
    pub fn clip_norm(mut self, most: f64) -> Self {
        self.most_norm = Some(most);
        self
    }

    /// Chooses the group of each weight at the first step, in place of the usual: norms, biases and embeddings don't decay.
    ///
    /// ```
    /// use tensor_core::optim::{AdamW, Group, Optimizer};
    ///
    /// // Everything decays, and the head learns ten times as fast.
    /// let optimizer: Optimizer<AdamW> = Optimizer::new(AdamW::default()).with_groups(|weight| {
    ///     Group { rate: if weight.name.starts_with("head.") { 10.0 } else { 1.0 }, decay: 1.0 }
    /// });
    /// ```
    #[must_use]
    pub fn with_groups(mut self, group: impl Fn(&WeightInfo<'_>) -> Group + Send + Sync + 'static) -> Self {
        self.groups = Box::new(group);
        self
    }

    /// The learning rate.
    pub fn learning_rate(&self) -> f64 {
        self.rule.learning_rate()
    }

    /// Sets the learning rate, as a schedule says.
    pub fn set_learning_rate(&mut self, rate: f64) {
        self.rule.set_learning_rate(rate);
    }

    /// Steps that were done.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// The norm of the last step's gradients before clipping, if [`clip_norm`](Self::clip_norm) asked for it.
    pub fn last_norm(&self) -> Option<f64> {
        self.last_norm
    }

    /// Whether [`clip_norm`](Self::clip_norm) asked for the norm of each step's gradients.
    #[cfg(feature = "trainer")]
    pub(crate) fn clips(&self) -> bool {
        self.most_norm.is_some()
    }

    /// Whether it has seen a network.
    #[cfg(feature = "trainer")]
    pub(crate) fn has_seen(&self) -> bool {
        !self.kept.is_empty()
    }

    /// Numbers in the weights that it changes.
    pub fn trained(&self) -> usize {
        self.kept.iter().filter(|kept| !kept.stays()).map(Kept::numbers).sum()
    }

    /// Numbers in the weights that it leaves as they are: LoRA's large matrices, and those whose group has the rate 0.
    pub fn untrained(&self) -> usize {
        self.kept.iter().filter(|kept| kept.stays()).map(Kept::numbers).sum()
    }

    /// Numbers that it remembers from step to step: none of weights that stay as they are, and none before it has seen a
    /// network.
    pub fn remembered(&self) -> usize {
        self.kept.iter().flat_map(|kept| &kept.remembered).map(Vec::len).sum()
    }

    /// Begins anew with the weights of this network, as the first step does by itself.
    pub fn watch<N: Layer<E, D>, D: Device<E>>(&mut self, net: &mut N) {
        (self.step, self.kept) = (0, Vec::new());
        net.visit_weights(&mut List { optimizer: self, prefix: String::new(), outer: Vec::new() });
        self.share_out();
    }

    /// Changes the weights by their gradients, and zeroes these. Weights that training leaves as they are, as LoRA's large
    /// matrix, stay.
    ///
    /// # Errors
    /// [`Error::OtherWeights`] if the last step was on a network with other weights; [`Error::Setting`]; [`Error::Device`] if
    /// the device runs out of memory.
    pub fn step<N: Layer<E, D>, D: Device<E>>(
        &mut self,
        net: &mut N,
        gradients: &mut Gradients<E, D>,
    ) -> Result<(), Error> {
        self.change_all(net, gradients, After::Zero, None)
    }

    /// As [`step`](Self::step), where the norm of the gradients may be known.
    #[cfg(feature = "trainer")]
    pub(crate) fn step_by_norm<N: Layer<E, D>, D: Device<E>>(
        &mut self,
        net: &mut N,
        gradients: &mut Gradients<E, D>,
        norm: Option<f64>,
    ) -> Result<(), Error> {
        self.change_all(net, gradients, After::Zero, norm)
    }

    /// The norm of gradients over all weights that it changes.
    pub(crate) fn norm_of<N: Layer<E, D>, D: Device<E>>(
        &mut self,
        net: &mut N,
        gradients: &mut Gradients<E, D>,
    ) -> Result<f64, Error> {
        if self.kept.is_empty() {
            self.watch(net);
        }
        let mut squares = Squares { kept: &self.kept, place: 0, gradients, sum: 0.0, failed: None };
        net.visit_weights(&mut squares);
        squares.failed.map_or(Ok(squares.sum.sqrt()), Err)
    }

    /// As [`step`](Self::step), but leaves the gradients, so that zeroing them is up to the caller; as dfdx's and PyTorch's
    /// optimizers do.
    ///
    /// # Errors
    /// Those of [`step`](Self::step).
    pub fn update<N: Layer<E, D>, D: Device<E>>(
        &mut self,
        net: &mut N,
        gradients: &mut Gradients<E, D>,
    ) -> Result<(), Error> {
        self.change_all(net, gradients, After::Keep, None)
    }

    fn change_all<N: Layer<E, D>, D: Device<E>>(
        &mut self,
        net: &mut N,
        gradients: &mut Gradients<E, D>,
        after: After,
        norm: Option<f64>,
    ) -> Result<(), Error> {
        if self.kept.is_empty() {
            self.watch(net);
        }
        self.check(net)?;
        #[cfg(feature = "cuda")]
        self.kept.iter_mut().try_for_each(Kept::leave_gpu)?;
        let scale = match self.most_norm {
            None => 1.0,
            Some(most) => {
                let norm = norm.map_or_else(|| self.norm_of(net, gradients), Ok)?;
                self.clip(most, norm)
            }
        };
        let mut next =
            Next { optimizer: self, gradients, place: 0, scale, after, apart: false, failed: None };
        next.optimizer.begin()?;
        net.visit_weights(&mut next);
        let (apart, failed) = (next.apart, next.failed);
        failed.map_or(Ok(()), Err)?;
        match after {
            After::Zero if apart => net.try_zero_grads(gradients).map_err(Error::device),
            _ => Ok(()),
        }
    }

    /// What gradients are multiplied with, so that their norm is at most `most`; PyTorch's formula, which lets NaN through.
    pub(super) fn clip(&mut self, most: f64, norm: f64) -> f64 {
        self.last_norm = Some(norm);
        let scale = most / (norm + 1e-6);
        if scale >= 1.0 { 1.0 } else { scale }
    }

    /// As [`step`](Self::step), by gradients that lie in lists, one for each weight.
    pub(super) fn change_by<N: Layer<E, D>, D: Device<E>>(
        &mut self,
        net: &mut N,
        gradients: &mut [Vec<E>],
        norm: Option<f64>,
    ) -> Result<(), Error> {
        let scale = match self.most_norm {
            None => 1.0,
            Some(most) => {
                // Those of weights that stay are empty.
                let found = || gradients.iter().map(|gradient| sum_of_squares(gradient)).sum::<f64>().sqrt();
                self.clip(most, norm.unwrap_or_else(found))
            }
        };
        self.begin()?;
        net.visit_weights(&mut Given { optimizer: self, gradients, place: 0, scale });
        Ok(())
    }

    /// A step begins. What the rule's settings make it remember since then begins with zeros; what they make it forget is gone.
    pub(super) fn begin(&mut self) -> Result<(), Error> {
        let usual = [
            Setting::new("clip_norm", self.most_norm.unwrap_or(1.0), Takes::AboveZero),
            Setting::new("learning_rate", self.rule.learning_rate(), Takes::FromZero),
            Setting::new("weight_decay", self.rule.weight_decay(), Takes::FromZero),
        ];
        usual.into_iter().chain(self.rule.settings().into_iter().flatten()).try_for_each(Setting::check)?;
        let count = self.rule.remembers().len();
        self.kept.iter_mut().try_for_each(|kept| kept.remember(count))?;
        self.step += 1;
        self.corrections = self.rule.corrections(self.step);
        Ok(())
    }

    /// Checks that these are the weights that were seen.
    pub(super) fn check<N: Layer<E, D>, D: Device<E>>(&self, net: &mut N) -> Result<(), Error> {
        let mut seen = Seen { kept: &self.kept, place: 0, failed: None };
        net.visit_weights(&mut seen);
        seen.failed.map_or_else(|| check_count(&self.kept, seen.place), Err)
    }

    /// One weight.
    pub(super) fn change(
        &mut self,
        place: usize,
        scale: f64,
        weight: &mut [E],
        gradient: &mut [E],
        after: After,
    ) {
        let kept = &mut self.kept[place];
        let (rate, decay) =
            (self.rule.learning_rate() * kept.group.rate, self.rule.weight_decay() * kept.group.decay);
        if !kept.stays() {
            let change = Change { step: self.step, corrections: self.corrections, rate, decay, scale };
            let mut remembered = kept.remembered.iter_mut().map(|numbers| &mut numbers[..]);
            let remembered: [&mut [E]; MOST_REMEMBERED] =
                std::array::from_fn(|_| remembered.next().unwrap_or_default());
            let std::ops::Range { start, end } = kept.own;
            let part = Part { weight: &mut weight[start..end], gradient: &[], remembered };
            in_parts(part, &mut gradient[start..end], after, &|part| self.rule.apply(&change, part));
            after.treat(&mut gradient[..start]);
            after.treat(&mut gradient[end..]);
        } else {
            after.treat(gradient);
        }
    }
}
