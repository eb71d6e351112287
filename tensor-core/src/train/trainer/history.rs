//! What was measured in the course of a training.

use crate::by_name::ByName;

/// A curve keeps at most so many points.
const MOST_POINTS: usize = 4096;

/// The curves of what a training measured, by name: `train/loss`, `epoch/loss`, `validation/accuracy` …
///
/// A curve has at most 4096 points: where there would be more, each is the mean of two, of four … measurements.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    pub(crate) curves: ByName<Curve>,
}

/// Points (step, value), each the mean of `stride` measurements.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve {
    pub(crate) stride: u64,
    pub(crate) points: Vec<(f64, f64)>,
    /// The last measurement.
    pub(crate) last: f64,
    /// What is not yet a point: how many measurements, their last step, their sum.
    pub(crate) begun: (u64, f64, f64),
}

impl History {
    /// The curve of this name: the optimizer steps done, and what was measured then. Empty if nothing was.
    pub fn curve(&self, name: &str) -> &[(f64, f64)] {
        self.curves.get(name).map_or(&[], |curve| &curve.points)
    }

    /// What was measured last under this name.
    pub fn last(&self, name: &str) -> Option<f64> {
        self.curves.get(name).map(|curve| curve.last)
    }

    /// The values of a curve.
    pub fn values(&self, name: &str) -> Vec<f64> {
        self.curve(name).iter().map(|point| point.1).collect()
    }

    /// The names of all curves.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.curves.iter().map(|(name, _)| name)
    }

    pub(super) fn add(&mut self, name: &str, step: u64, value: f64) {
        if let Some(curve) = self.curves.get_mut(name) {
            return curve.add(step as f64, value);
        }
        let mut curve = Curve { stride: 1, points: Vec::new(), last: value, begun: (0, 0.0, 0.0) };
        curve.add(step as f64, value);
        self.curves.insert(name.to_owned(), curve);
    }
}

impl Curve {
    fn add(&mut self, step: f64, value: f64) {
        self.last = value;
        self.begun = (self.begun.0 + 1, step, self.begun.2 + value);
        if self.begun.0 < self.stride {
            return;
        }
        self.points.push((step, self.begun.2 / self.stride as f64));
        self.begun = (0, 0.0, 0.0);
        if self.points.len() == MOST_POINTS {
            let pair = |pair: &[(f64, f64)]| (pair[1].0, 0.5 * (pair[0].1 + pair[1].1));
            self.points = self.points.chunks_exact(2).map(pair).collect();
            self.stride *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_curves_are_means() {
        let mut history = History::default();
        (1..=3 * MOST_POINTS as u64).for_each(|step| history.add("x", step, step as f64));
        let curve = history.curve("x");
        assert!((MOST_POINTS / 2..MOST_POINTS).contains(&curve.len()), "{}", curve.len());
        assert_eq!(curve[0], (4.0, 2.5));
        assert_eq!(history.last("x"), Some(3.0 * MOST_POINTS as f64));
        assert!(history.curve("y").is_empty());
    }
}
