//! What a closure does to evaluate.

use dfdx::prelude::*;

use super::Fault;
use super::means::{Means, in_group};
use crate::exec::Inputs;
use crate::layer::{Layer, used_rows};
use crate::loss::{CrossEntropy, Loss};
use crate::param::Element;
use crate::train::{accuracy, argmax};

/// A look at a network in use, with averaged weights where a training averages.
///
/// What is measured in several parts, as in batches, becomes the mean over their rows.
#[derive(Debug)]
pub struct Look<'l, N, E: Element, D: Device<E>> {
    net: &'l N,
    step: u64,
    means: &'l mut Means,
    group: String,
    kind: std::marker::PhantomData<(E, D)>,
}

impl<'l, N: Layer<E, D>, E: Element, D: Device<E>> Look<'l, N, E, D> {
    pub(super) fn new(net: &'l N, step: u64, means: &'l mut Means) -> Self {
        Look { net, step, means, group: "validation".to_owned(), kind: std::marker::PhantomData }
    }

    /// The network.
    pub fn net(&self) -> &'l N {
        self.net
    }

    /// Steps done.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Names the group of what is measured from here on; `validation` without it.
    pub fn group(&mut self, name: impl Into<String>) -> &mut Self {
        self.group = name.into();
        self
    }

    /// Notes a measure, as `validation/…` if the name has no group of its own.
    pub fn note(&mut self, name: &str, value: f64) {
        self.note_of(name, value, 1);
    }

    /// Notes a measure of so many rows.
    pub fn note_of(&mut self, name: &str, value: f64, rows: usize) {
        self.means.add(&in_group(&self.group, name), value, rows as f64);
    }

    /// Measures a loss: `validation/loss`.
    ///
    /// # Errors
    /// Those of a pass and of the loss.
    pub fn measure<X, L>(&mut self, x: X, loss: L) -> Result<(), Fault>
    where
        N: Module<X>,
        X: Inputs<E, D>,
        L: Loss<E, D>,
        D: Storage<X::Number>,
    {
        let y = self.rows(x)?;
        let rows = y.shape().0;
        let loss = loss.of(y)?.as_vec()[0].to_f64().unwrap_or(f64::NAN);
        self.note_of("loss", loss, rows);
        Ok(())
    }

    /// Measures the cross-entropy, its perplexity, and the share of rows whose largest score is that of the right class:
    /// `validation/loss`, `validation/perplexity`, `validation/accuracy`.
    ///
    /// # Errors
    /// Those of a pass, and of labels that are none.
    pub fn classify<X>(&mut self, x: X, labels: &[usize]) -> Result<(), Fault>
    where
        N: Module<X>,
        X: Inputs<E, D>,
        D: Storage<X::Number>,
    {
        let y = self.rows(x)?;
        let (rows, classes) = *y.shape();
        let scores: Vec<f32> = y.as_vec().iter().map(|x| x.to_f32().unwrap_or(f32::NAN)).collect();
        let loss = Loss::<E, D>::of(&CrossEntropy(labels), y)?.as_vec()[0].to_f64().unwrap_or(f64::NAN);
        // A row with NaN has no best class, and none is right.
        let best: Vec<usize> = scores.chunks(classes).map(|row| argmax(row).unwrap_or(usize::MAX)).collect();
        self.note_of("loss", loss, rows);
        self.note_of("accuracy", accuracy(&best, labels), rows);
        // Of the mean over all parts: that of the loss so far.
        let [of_loss, perplexity] = ["loss", "perplexity"].map(|name| in_group(&self.group, name));
        let (sum, weight) = self.means.sums.get(&of_loss).copied().unwrap_or((loss, 1.0));
        self.means.sums.insert(perplexity, ((sum / weight).exp(), 1.0));
        Ok(())
    }

    fn rows<X>(&self, x: X) -> Result<Tensor<(usize, usize), E, D>, Fault>
    where
        X: Inputs<E, D>,
        D: Storage<X::Number>,
    {
        let (x, sides) = x.split(N::PLAN)?;
        Ok(used_rows(self.net, x, sides)?)
    }
}
