//! Averages of gradients that fade away.

use num_traits::Float;

/// Zero in place of what is nearer to it than `least`.
///
/// The gradients of a ReLU that never fires or of a token that never comes are zero. Their average falls below the normal
/// numbers after some 800 steps, never leaves those there are below, and processors take many times as long for them.
#[inline(always)]
pub(super) fn or_zero<E: Float>(x: E, least: E) -> E {
    if x.abs() < least { E::zero() } else { x }
}

/// So large a share of a number's square, zero where that is nearer to it than `least`.
#[inline(always)]
pub(super) fn of_square<E: Float>(x: E, share: E, least: E) -> E {
    let x = or_zero(x, (least / share).sqrt());
    x * x * share
}

/// The least average of gradients that is not zero, and the least one of their squares: a step is divided by that one's root,
/// which counts where `eps` is smaller.
#[inline(always)]
pub(super) fn least<E: Float>(eps: E) -> [E; 2] {
    let normal = E::min_positive_value();
    [normal, if eps * eps >= normal { normal } else { E::zero() }]
}

#[cfg(test)]
mod tests {
    use crate::optim::{Adam, Change, Lion, Part, RmsProp, Rule, Sgd};

    /// The rule remembers numbers that are normal or zero after one gradient and many that are zero; gives them.
    fn remembered<const N: usize>(rule: impl Rule, steps: u64) -> [f32; N] {
        let (mut weight, mut remembered) = ([1.0f32], [[0.0f32]; 3]);
        for step in 1..=steps {
            let gradient = [if step == 1 { 1e-3 } else { 0.0 }];
            let change =
                Change { step, rate: 1e-3, decay: 0.0, scale: 1.0, corrections: rule.corrections(step) };
            let [first, second, third] = remembered.each_mut().map(|numbers| &mut numbers[..]);
            rule.apply(
                &change,
                Part { weight: &mut weight, gradient: &gradient, remembered: [first, second, third] },
            );
            assert!(
                weight[0].is_finite() && remembered.as_flattened().iter().all(|x| *x == 0.0 || x.is_normal())
            );
        }
        std::array::from_fn(|i| remembered[i][0])
    }

    #[test]
    fn averages_of_zeros_become_zero() {
        let [average, squares] = remembered(Adam::default(), 3000);
        assert!(average == 0.0 && squares > 1e-11, "{average} {squares}");
        assert_eq!(remembered(Adam { betas: [0.9, 0.9], ..Adam::default() }, 3000), [0.0, 0.0]);
        assert_eq!(remembered(Sgd { momentum: 0.9, ..Sgd::default() }, 3000), [0.0]);
        let rule = RmsProp { alpha: 0.9, momentum: 0.9, centered: true, ..RmsProp::default() };
        assert_eq!(remembered(rule, 3000), [0.0; 3]);
        assert_eq!(remembered(Lion { betas: [0.9, 0.9], ..Lion::default() }, 3000), [0.0]);
    }

    /// The first step of Adam is the rate, however small the gradient is, unless `eps` is larger.
    #[test]
    fn squares_that_count_beside_eps_stay() {
        for eps in [0.0, 1e-30, 1e-22] {
            let rule = Adam { learning_rate: 1e-3, eps, ..Adam::default() };
            let (mut weight, mut remembered) = ([0.0f32], [[0.0f32]; 3]);
            let (rate, corrections) = (1e-3, rule.corrections(1));
            let [first, second, third] = remembered.each_mut().map(|numbers| &mut numbers[..]);
            let part = Part { weight: &mut weight, gradient: &[1e-18], remembered: [first, second, third] };
            rule.apply(&Change { step: 1, rate, decay: 0.0, scale: 1.0, corrections }, part);
            assert!((weight[0] + 1e-3).abs() < 1e-4, "{eps}: {}", weight[0]);
        }
    }
}
