//! RMSprop.

use num_traits::Float;

use super::fade::{least, of_square, or_zero};
use super::rule::{Change, MOST_SETTINGS, Part, Rule};
use super::setting::{Setting, Takes};
use crate::kernels::vectorised;
use crate::param::Element;

/// Steps by gradients over the root of their mean square.
///
/// # Source
/// Hinton, "Neural Networks for Machine Learning", lecture 6e; centred as in "Generating Sequences With Recurrent Neural
/// Networks", arXiv:1308.0850; PyTorch's `RMSprop`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsProp {
    /// How far a step goes.
    pub learning_rate: f64,
    /// How much of the mean square stays from step to step.
    pub alpha: f64,
    /// Added to the root, against division by zero.
    pub eps: f64,
    /// How much of the last step's direction stays.
    pub momentum: f64,
    /// Whether the variance of gradients takes the place of their mean square.
    pub centered: bool,
    /// How strongly weights decay.
    pub weight_decay: f64,
}

impl Default for RmsProp {
    /// PyTorch's.
    fn default() -> Self {
        let (alpha, eps) = (0.99, 1e-8);
        RmsProp { learning_rate: 1e-2, alpha, eps, momentum: 0.0, centered: false, weight_decay: 0.0 }
    }
}

impl Rule for RmsProp {
    fn remembers(&self) -> &'static [&'static str] {
        if self.is_plain() { &["square_avg"] } else { &["square_avg", "momentum_buffer", "grad_avg"] }
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
        [
            Some(Setting::new("alpha", self.alpha, Takes::Share)),
            Some(Setting::new("eps", self.eps, Takes::FromZero)),
            Some(Setting::new("momentum", self.momentum, Takes::FromZero)),
            None,
        ]
    }

    #[cfg(feature = "cuda")]
    #[expect(private_interfaces, reason = "only this crate's rules have kernels")]
    fn on_gpu(&self, _: u64) -> Option<crate::exec::fused::gpu::Rule> {
        let numbers = [self.alpha, self.eps, self.momentum, 0.0, 0.0, 0.0];
        Some(crate::exec::fused::gpu::Rule { kernel: "rms_prop", numbers, flag: self.centered })
    }

    fn apply<E: Element>(&self, change: &Change, part: Part<'_, E>) {
        let Part { weight, gradient, remembered: [squares, momentum, means] } = part;
        let numbers =
            [change.scale, change.decay, change.rate, self.alpha, 1.0 - self.alpha, self.eps, self.momentum];
        if self.is_plain() {
            return plain(weight, gradient, squares, numbers.map(E::of));
        }
        let centered = if self.centered { E::ONE } else { E::of(0.0) };
        rms_prop(weight, gradient, squares, momentum, means, numbers.map(E::of), centered);
    }
}

impl RmsProp {
    fn is_plain(&self) -> bool {
        self.momentum == 0.0 && !self.centered
    }
}

vectorised! {
    fn plain<E: Float>(weight: &mut [E], gradient: &[E], squares: &mut [E], numbers: [E; 7]) {
        let [scale, decay, rate, alpha, other, eps, _] = numbers;
        let [_, least] = least(eps);
        for ((w, &g), v) in weight.iter_mut().zip(gradient).zip(squares) {
            let g = g * scale + *w * decay;
            *v = or_zero(*v * alpha + of_square(g, other, least), least);
            *w = *w - rate * (g / (v.sqrt() + eps));
        }
    }
}

vectorised! {
    fn rms_prop<E: Float>(
        weight: &mut [E],
        gradient: &[E],
        squares: &mut [E],
        momentum: &mut [E],
        means: &mut [E],
        numbers: [E; 7],
        centered: E,
    ) {
        let [scale, decay, rate, alpha, other, eps, kept] = numbers;
        let [least, least_square] = least(eps);
        let each = weight.iter_mut().zip(gradient).zip(squares).zip(momentum).zip(means);
        for ((((w, &g), v), b), a) in each {
            let g = g * scale + *w * decay;
            *v = or_zero(*v * alpha + of_square(g, other, least_square), least_square);
            *a = or_zero((*a * alpha + g * other) * centered, least);
            // Of gradients that are all the same, rounding may leave less than none.
            let variance = *v - *a * *a;
            let variance = if variance < E::zero() { E::zero() } else { variance };
            *b = or_zero(*b * kept + g / (variance.sqrt() + eps), least);
            *w = *w - rate * *b;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_gradients_have_no_variance() {
        let rule = RmsProp { centered: true, ..RmsProp::default() };
        let (mut weight, mut remembered) = ([0.0f32; 64], [[0.0f32; 64]; 3]);
        let gradient: [f32; 64] = std::array::from_fn(|i| 0.1 + 0.013 * i as f32);
        for step in 1..=2000 {
            let [first, second, third] = remembered.each_mut().map(|numbers| &mut numbers[..]);
            let part = Part { weight: &mut weight, gradient: &gradient, remembered: [first, second, third] };
            let change = Change { step, rate: 1e-6, decay: 0.0, scale: 1.0, corrections: [1.0; 2] };
            rule.apply(&change, part);
            assert!(weight.iter().all(|w| w.is_finite()), "step {step}: {weight:?}");
        }
    }
}
