//! Gradients that explode.

use std::collections::VecDeque;

use super::statistics::Short;

/// Looks at the norm of each step's gradients, and tells when one is far larger than usual: than the median of those before.
///
/// ```
/// use tensor_core::train::Norms;
///
/// let mut norms = Norms::new(10.0);
/// for step in 0..50 {
///     assert!(norms.look(step, 1.0 + 0.01 * step as f64).is_none());
/// }
/// let warning = norms.look(50, 40.0).unwrap();
/// assert_eq!(warning.to_string(),
///     "step 50: the gradients' norm is 40, 32 times the median of the 50 before (1.245): they may explode");
/// ```
#[derive(Clone, Debug)]
pub struct Norms {
    factor: f64,
    last: VecDeque<f64>,
}

/// A norm of gradients far larger than usual.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error(
    "step {step}: the gradients' norm is {}, {:.0} times the median of the {of} before ({}): they may explode",
    Short(*norm), norm / median, Short(*median)
)]
pub struct Explosion {
    /// The step.
    pub step: u64,
    /// The norm.
    pub norm: f64,
    /// The median of the norms before.
    pub median: f64,
    /// How many those are.
    pub of: usize,
}

/// Norms that are looked back on.
const LAST: usize = 100;
/// Norms before which nothing is usual.
const FEWEST: usize = 20;

impl Norms {
    /// Tells of norms above so many times the median of the last hundred; 10 is a usual factor.
    pub fn new(factor: f64) -> Self {
        Norms { factor, last: VecDeque::with_capacity(LAST) }
    }

    /// Looks at a step's norm. The first twenty are only remembered, and so is every later one that is finite.
    pub fn look(&mut self, step: u64, norm: f64) -> Option<Explosion> {
        let found = match self.median() {
            Some(median) if self.last.len() >= FEWEST && norm > self.factor * median => {
                Some(Explosion { step, norm, median, of: self.last.len() })
            }
            _ => None,
        };
        if norm.is_finite() {
            if self.last.len() == LAST {
                self.last.pop_front();
            }
            self.last.push_back(norm);
        }
        found
    }

    /// The median of the norms that are remembered.
    pub fn median(&self) -> Option<f64> {
        let mut sorted: Vec<f64> = self.last.iter().copied().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let middle = sorted.len().checked_sub(1)? / 2;
        Some(0.5 * (sorted[middle] + sorted[sorted.len() / 2]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_follows_and_infinity_is_told_but_not_remembered() {
        let mut norms = Norms::new(3.0);
        assert_eq!(norms.median(), None);
        assert!((0..19).all(|step| norms.look(step, 1e9).is_none())); // nothing is usual yet
        assert!((19..200).all(|step| norms.look(step, 2.0).is_none()));
        assert_eq!(norms.median(), Some(2.0));
        assert!(norms.look(200, f64::INFINITY).is_some());
        assert!(norms.look(201, f64::NAN).is_none()); // that is an anomaly
        assert_eq!(norms.last.len(), 100);
        assert!(norms.look(202, 6.1).is_some() && norms.look(203, 5.9).is_none());
    }
}
