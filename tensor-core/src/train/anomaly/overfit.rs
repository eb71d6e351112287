//! Whether a network can learn at all.

use std::fmt;

use dfdx::prelude::*;

use super::Statistics;
use super::trace::gradient_of;
use crate::Error;
use crate::exec::{Inputs, SideInput};
use crate::layer::{Layer, train_rows};
use crate::loss::Loss;
use crate::optim::{Adam, Optimizer};
use crate::param::{AnyParam, Element, Role, WeightVisitor, Weights};

/// A dry run: training on one batch alone. A network, loss and learning rate that fit each other learn one batch by heart in
/// some steps; where they don't, a whole training will not go better.
///
/// It trains a copy, with Adam.
///
/// ```
/// use tensor_core::loss::CrossEntropy;
/// use tensor_core::prelude::*;
/// use tensor_core::train::Overfit;
///
/// layer! { pub struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 16), relu, output: linear(16 -> 3) } }
///
/// let device = Cpu::seed_from_u64(0);
/// let net = TwoLayer::new(&device);
/// let x: Tensor<Rank2<6, 4>, f32, _> = device.sample_normal();
/// let report = Overfit { learning_rate: 0.02, ..Overfit::default() }.run(&net, x, &CrossEntropy(&[0, 1, 2, 0, 1, 2]))?;
/// assert!(report.learns() && report.without_gradient.is_empty());
/// println!("{report}");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overfit {
    /// How many steps it takes.
    pub steps: usize,
    /// Adam's learning rate.
    pub learning_rate: f64,
}

impl Default for Overfit {
    /// 100 steps at 0.001.
    fn default() -> Self {
        Overfit { steps: 100, learning_rate: 1e-3 }
    }
}

/// What a dry run found. Its text is a sentence or two.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct OverfitReport {
    /// The loss before each step, and after the last one.
    pub losses: Vec<f64>,
    /// Weights, as in saved files, whose gradients were all 0 at the first step and after the last one: nothing that they do
    /// changes the loss. Frozen ones are not among them.
    pub without_gradient: Vec<String>,
    /// Weights in all that are not frozen.
    pub weights: usize,
}

impl OverfitReport {
    /// The loss at the start.
    pub fn before(&self) -> f64 {
        self.losses.first().copied().unwrap_or(f64::NAN)
    }

    /// The loss at the end.
    pub fn after(&self) -> f64 {
        self.losses.last().copied().unwrap_or(f64::NAN)
    }

    /// Whether the loss became at least a tenth smaller, and is finite.
    pub fn learns(&self) -> bool {
        let (before, after) = (self.before(), self.after());
        after.is_finite() && before - after >= 0.1 * before.abs()
    }
}

impl fmt::Display for OverfitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (steps, before, after) = (self.losses.len().saturating_sub(1), self.before(), self.after());
        let says = match self.learns() {
            true => "the network can learn",
            false if !after.is_finite() => "the loss is not finite; try a smaller learning rate",
            false => "the network hardly learns",
        };
        write!(f, "{says}: in {steps} steps on one batch the loss went from {before:.4} to {after:.4}")?;
        match &self.without_gradient[..] {
            [] => Ok(()),
            [one] => write!(f, ". `{one}` got no gradient"),
            some if some.len() == self.weights => write!(f, ". No weight got a gradient"),
            some => {
                let names: Vec<String> = some.iter().map(|name| format!("`{name}`")).collect();
                write!(
                    f,
                    ". {} of {} weights got no gradient: {}",
                    some.len(),
                    self.weights,
                    names.join(", ")
                )
            }
        }
    }
}

impl Overfit {
    /// Trains a copy of the network on the batch.
    ///
    /// # Errors
    /// Those of a pass and of the loss.
    pub fn run<N, X, L, E, D>(&self, net: &N, x: X, loss: &L) -> Result<OverfitReport, Error>
    where
        N: Layer<E, D> + Module<X> + Clone,
        X: Inputs<E, D> + Clone,
        L: Loss<E, D>,
        E: Element,
        D: Device<E> + Storage<X::Number>,
    {
        let mut copy = net.clone();
        let wide = |loss: E| loss.to_f64().unwrap_or(f64::NAN);
        let (x_at, sides) = x.clone().split(N::PLAN)?;
        let (_, at_first) = gradients(&copy, x_at.clone(), sides.clone(), loss)?;
        let mut optimizer = Optimizer::new(Adam { learning_rate: self.learning_rate, ..Adam::default() });
        let mut losses = Vec::with_capacity(self.steps + 1);
        for _ in 0..self.steps {
            losses.push(wide(optimizer.train_step(&mut copy, x.clone(), loss)?));
        }
        let (last, at_last) = gradients(&copy, x_at, sides, loss)?;
        losses.push(wide(last));
        let mut list = Trained { prefix: Vec::new(), names: Vec::new() };
        copy.visit_weights(&mut list);
        let all = list.names.into_iter().zip(at_first.into_iter().zip(at_last));
        let trained: Vec<_> = all.filter_map(|(name, zero)| Some((name?, zero))).collect();
        let weights = trained.len();
        let without = trained.into_iter().filter(|(_, (first, last))| *first && *last);
        Ok(OverfitReport { losses, without_gradient: without.map(|(name, _)| name).collect(), weights })
    }
}

/// The loss, and for each weight whether its gradient is all 0.
fn gradients<N, S, U, L, E, D>(
    net: &N,
    x: Tensor<S, U, D>,
    sides: Vec<SideInput<E, D>>,
    loss: &L,
) -> Result<(E, Vec<bool>), Error>
where
    N: Layer<E, D>,
    S: Shape,
    U: crate::exec::Enters<E>,
    L: Loss<E, D>,
    E: Element,
    D: Device<E> + Storage<U>,
{
    let gradients = net.try_alloc_grads().map_err(Error::device)?;
    let loss = loss.of(train_rows(net, x.traced(gradients), sides)?)?;
    let value = loss.as_vec()[0];
    let mut gradients = loss.try_backward().map_err(Error::device)?;
    let mut weights = Weights::default();
    net.weights(&mut weights);
    let zero =
        weights.iter().map(|weight| Ok(Statistics::of(&gradient_of(weight, &mut gradients)?).is_zero()));
    Ok((value, zero.collect::<Result<_, Error>>()?))
}

/// The names of the weights; none of frozen ones.
struct Trained {
    prefix: Vec<String>,
    names: Vec<Option<String>>,
}

impl<E: Element, D: Device<E>> WeightVisitor<E, D> for Trained {
    fn enter(&mut self, name: &str) {
        self.prefix.push(name.to_owned());
    }

    fn leave(&mut self) {
        self.prefix.pop();
    }

    fn weight(&mut self, name: &str, role: Role, _: &mut dyn AnyParam<E, D>) {
        let full = || self.prefix.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(".");
        let name = (role != Role::Frozen).then(full);
        self.names.push(name);
    }
}
