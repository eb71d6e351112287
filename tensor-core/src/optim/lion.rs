//! Lion.

use num_traits::Float;

use super::fade::or_zero;
use super::rule::{Change, MOST_SETTINGS, Part, Rule};
use super::setting::{Setting, Takes};
use crate::kernels::vectorised;
use crate::param::Element;

/// Steps by the sign of an average of gradients. Its rate is a third to a tenth of Adam's, its decay as much larger.
///
/// # Source
/// "Symbolic Discovery of Optimization Algorithms", arXiv:2302.06675
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lion {
    /// How far a step goes.
    pub learning_rate: f64,
    /// How much of the average counts in a step, and how much of it stays.
    pub betas: [f64; 2],
    /// How strongly weights decay, by themselves.
    pub weight_decay: f64,
}

impl Default for Lion {
    /// The paper's.
    fn default() -> Self {
        Lion { learning_rate: 1e-4, betas: [0.9, 0.99], weight_decay: 0.0 }
    }
}

impl Rule for Lion {
    fn remembers(&self) -> &'static [&'static str] {
        &["exp_avg"]
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
        let [first, second] = self.betas;
        let share = |name, beta| Some(Setting::new(name, beta, Takes::Share));
        [share("betas[0]", first), share("betas[1]", second), None, None]
    }

    #[cfg(feature = "cuda")]
    #[expect(private_interfaces, reason = "only this crate's rules have kernels")]
    fn on_gpu(&self, _: u64) -> Option<crate::exec::fused::gpu::Rule> {
        let [beta_1, beta_2] = self.betas;
        let numbers = [beta_1, beta_2, 0.0, 0.0, 0.0, 0.0];
        Some(crate::exec::fused::gpu::Rule { kernel: "lion", numbers, flag: false })
    }

    fn apply<E: Element>(&self, change: &Change, part: Part<'_, E>) {
        let Part { weight, gradient, remembered: [average, ..] } = part;
        let keeps = 1.0 - change.rate * change.decay;
        let [beta_1, beta_2] = self.betas;
        let numbers = [change.scale, keeps, change.rate, beta_1, 1.0 - beta_1, beta_2, 1.0 - beta_2];
        lion(weight, gradient, average, numbers.map(E::of));
    }
}

vectorised! {
    fn lion<E: Float>(weight: &mut [E], gradient: &[E], average: &mut [E], numbers: [E; 7]) {
        let [scale, keeps, rate, counts, gradient_counts, stays, gradient_stays] = numbers;
        let zero = E::zero();
        for ((w, &g), m) in weight.iter_mut().zip(gradient).zip(average) {
            let g = g * scale;
            let direction = *m * counts + g * gradient_counts;
            // Not `signum`, which makes 1 of 0; and NaN stays NaN.
            let step = if direction > zero { rate } else if direction < zero { -rate } else { direction };
            *w = *w * keeps - step;
            *m = or_zero(*m * stays + g * gradient_stays, E::min_positive_value());
        }
    }
}
