//! Stochastic gradient descent.

use num_traits::Float;

use super::fade::or_zero;
use super::rule::{Change, MOST_SETTINGS, Part, Rule};
use super::setting::{Setting, Takes};
use crate::kernels::vectorised;
use crate::param::Element;

/// Stochastic gradient descent with momentum, Nesterov's too.
///
/// # Source
/// "On the importance of initialization and momentum in deep learning", ICML 2013; PyTorch's `SGD`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// How far a step goes.
    pub learning_rate: f64,
    /// How much of the last step's direction stays.
    pub momentum: f64,
    /// By how much less a gradient counts in the momentum.
    pub dampening: f64,
    /// Whether the gradient counts once more beside the momentum.
    pub nesterov: bool,
    /// How strongly weights decay.
    pub weight_decay: f64,
}

impl Default for Sgd {
    /// PyTorch's.
    fn default() -> Self {
        Sgd { learning_rate: 1e-3, momentum: 0.0, dampening: 0.0, nesterov: false, weight_decay: 0.0 }
    }
}

impl Rule for Sgd {
    fn remembers(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 { &[] } else { &["momentum_buffer"] }
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.learning_rate = rate;
    }

    fn weight_decay(&self) -> f64 {
        self.weight_decay
    }

    fn settings(&self) -> [Option<Setting>; MOST_SETTINGS] {
        [Some(Setting::new("momentum", self.momentum, Takes::FromZero)), None, None, None]
    }

    #[cfg(feature = "cuda")]
    #[expect(private_interfaces, reason = "only this crate's rules have kernels")]
    fn on_gpu(&self, step: u64) -> Option<crate::exec::fused::gpu::Rule> {
        let new = if step <= 1 { 1.0 } else { 1.0 - self.dampening };
        let (of_momentum, of_gradient) = if self.nesterov { (self.momentum, 1.0) } else { (1.0, 0.0) };
        let numbers = [self.momentum, new, of_momentum, of_gradient, 0.0, 0.0];
        Some(crate::exec::fused::gpu::Rule { kernel: "sgd", numbers, flag: false })
    }

    fn apply<E: Element>(&self, change: &Change, part: Part<'_, E>) {
        let Part { weight, gradient, remembered: [momentum, ..] } = part;
        let [scale, decay, rate] = [change.scale, change.decay, change.rate].map(E::of);
        if self.momentum == 0.0 {
            return plain(weight, gradient, scale, decay, rate);
        }
        // The first gradient counts as a whole.
        let dampening = if change.step == 1 { 0.0 } else { self.dampening };
        let (kept, new) = (E::of(self.momentum), E::of(1.0 - dampening));
        let (of_momentum, of_gradient) = if self.nesterov { (kept, E::ONE) } else { (E::ONE, E::of(0.0)) };
        with_momentum(weight, gradient, momentum, [scale, decay, rate, kept, new, of_momentum, of_gradient]);
    }
}

vectorised! {
    fn plain<E: Float>(weight: &mut [E], gradient: &[E], scale: E, decay: E, rate: E) {
        for (w, &g) in weight.iter_mut().zip(gradient) {
            *w = *w - rate * (g * scale + *w * decay);
        }
    }
}

vectorised! {
    fn with_momentum<E: Float>(weight: &mut [E], gradient: &[E], momentum: &mut [E], numbers: [E; 7]) {
        let [scale, decay, rate, kept, new, of_momentum, of_gradient] = numbers;
        for ((w, &g), b) in weight.iter_mut().zip(gradient).zip(momentum) {
            let g = g * scale + *w * decay;
            *b = or_zero(*b * kept + g * new, E::min_positive_value());
            *w = *w - rate * (*b * of_momentum + g * of_gradient);
        }
    }
}
