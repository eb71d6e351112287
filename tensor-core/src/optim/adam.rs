//! Adam and AdamW.

use num_traits::Float;

use super::fade::{least, of_square, or_zero};
use super::rule::{Change, MOST_SETTINGS, Part, Rule};
use super::setting::{Setting, Takes};
use crate::kernels::vectorised;
use crate::param::Element;

macro_rules! adam {
    ($(#[$meta:meta])* $Adam:ident, decay: $decay:literal, decoupled: $decoupled:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $Adam {
            /// How far a step goes.
            pub learning_rate: f64,
            /// How much of the averages of gradients and of their squares stays from step to step.
            pub betas: [f64; 2],
            /// Added to the root of the squares, against division by zero.
            pub eps: f64,
            /// How strongly weights decay.
            pub weight_decay: f64,
        }

        impl Default for $Adam {
            /// PyTorch's.
            fn default() -> Self {
                $Adam { learning_rate: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weight_decay: $decay }
            }
        }

        impl Rule for $Adam {
            fn remembers(&self) -> &'static [&'static str] {
                &["exp_avg", "exp_avg_sq"]
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
                [
                    Some(Setting::new("betas[0]", first, Takes::Share)),
                    Some(Setting::new("betas[1]", second, Takes::Share)),
                    Some(Setting::new("eps", self.eps, Takes::FromZero)),
                    None,
                ]
            }

            fn corrections(&self, step: u64) -> [f64; 2] {
                self.betas.map(|beta| 1.0 - beta.powi(step.min(i32::MAX as u64) as i32))
            }

            #[cfg(feature = "cuda")]
            #[expect(private_interfaces, reason = "only this crate's rules have kernels")]
            fn on_gpu(&self, step: u64) -> Option<crate::exec::fused::gpu::Rule> {
                let ([beta_1, beta_2], [first, second]) = (self.betas, self.corrections(step));
                let numbers = [beta_1, beta_2, first, 1.0 / second.sqrt(), self.eps, 0.0];
                Some(crate::exec::fused::gpu::Rule { kernel: "adam", numbers, flag: $decoupled })
            }

            fn apply<E: Element>(&self, change: &Change, part: Part<'_, E>) {
                let Part { weight, gradient, remembered: [average, squares, _] } = part;
                let numbers = Numbers::new(change, self.betas, self.eps, $decoupled);
                adam(weight, gradient, average, squares, numbers);
            }
        }
    };
}

adam! {
    /// Adam; decay is added to the gradient, as in PyTorch's `Adam`.
    ///
    /// # Source
    /// "Adam: A Method for Stochastic Optimization", arXiv:1412.6980
    Adam, decay: 0.0, decoupled: false
}

adam! {
    /// Adam, where weights decay by themselves.
    ///
    /// # Source
    /// "Decoupled Weight Decay Regularization", arXiv:1711.05101
    AdamW, decay: 0.01, decoupled: true
}

/// What a step works with.
#[derive(Clone, Copy)]
struct Numbers<E> {
    scale: E,
    /// What stays of a weight.
    keeps: E,
    /// What is added to its gradient, as a share of it.
    added: E,
    betas: [E; 2],
    others: [E; 2],
    rate: E,
    root_of_correction: E,
    eps: E,
    least: [E; 2],
}

impl<E: Element> Numbers<E> {
    fn new(change: &Change, betas: [f64; 2], eps: f64, decoupled: bool) -> Self {
        let (keeps, added) =
            if decoupled { (1.0 - change.rate * change.decay, 0.0) } else { (1.0, change.decay) };
        Numbers {
            scale: E::of(change.scale),
            keeps: E::of(keeps),
            added: E::of(added),
            betas: betas.map(E::of),
            others: betas.map(|beta| E::of(1.0 - beta)),
            rate: E::of(change.rate / change.corrections[0]),
            root_of_correction: E::of(1.0 / change.corrections[1].sqrt()),
            eps: E::of(eps),
            least: least(E::of(eps)),
        }
    }
}

vectorised! {
    fn adam<E: Float>(weight: &mut [E], gradient: &[E], average: &mut [E], squares: &mut [E], n: Numbers<E>) {
        for (((w, &g), m), v) in weight.iter_mut().zip(gradient).zip(average).zip(squares) {
            let g = g * n.scale + *w * n.added;
            *m = or_zero(*m * n.betas[0] + g * n.others[0], n.least[0]);
            *v = or_zero(*v * n.betas[1] + of_square(g, n.others[1], n.least[1]), n.least[1]);
            // First the quotient: an average times a rate may not be normal.
            *w = *w * n.keeps - n.rate * (*m / (v.sqrt() * n.root_of_correction + n.eps));
        }
    }
}
