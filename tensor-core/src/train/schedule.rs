//! Learning rates that change from step to step.

use std::f64::consts::PI;

/// A learning rate for each step, counted from 0.
///
/// ```
/// use tensor_core::optim::{AdamW, Optimizer};
/// use tensor_core::train::{OneCycle, Schedule};
///
/// let mut optimizer: Optimizer<AdamW> = Optimizer::new(AdamW::default());
/// let schedule = OneCycle::new(1e-3, 100);
/// for step in 0..100 {
///     optimizer.set_learning_rate(schedule.rate(step));
/// }
/// ```
pub trait Schedule {
    /// The rate of a step.
    fn rate(&self, step: usize) -> f64;

    /// The measure that it depends on beside the step, such as `validation/loss`; most depend on none.
    fn watches(&self) -> Option<&str> {
        None
    }

    /// Takes what an evaluation found of the measure that it [watches](Self::watches).
    fn measured(&mut self, value: f64) {
        _ = value;
    }

    /// What it remembers of measures, for a checkpoint.
    fn state(&self) -> Vec<f64> {
        Vec::new()
    }

    /// Takes up what [`state`](Self::state) gave, as many numbers as it gives now.
    fn set_state(&mut self, state: &[f64]) {
        _ = state;
    }
}

/// The same rate always.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constant(pub f64);

impl Schedule for Constant {
    fn rate(&self, _: usize) -> f64 {
        self.0
    }
}

/// Another schedule after so many steps in which the rate rises in a line to the other's first.
///
/// ```
/// use tensor_core::train::{Constant, Schedule, Warmup};
///
/// let schedule = Warmup { steps: 4, then: Constant(1.0) };
/// assert_eq!([0, 1, 2, 3, 4, 9].map(|step| schedule.rate(step)), [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warmup<S> {
    /// Steps of the warm-up.
    pub steps: usize,
    /// What follows; its first step is that after the warm-up.
    pub then: S,
}

impl<S: Schedule> Schedule for Warmup<S> {
    fn rate(&self, step: usize) -> f64 {
        match step.checked_sub(self.steps) {
            Some(step) => self.then.rate(step),
            None => self.then.rate(0) * (step + 1) as f64 / self.steps as f64,
        }
    }

    fn watches(&self) -> Option<&str> {
        self.then.watches()
    }

    fn measured(&mut self, value: f64) {
        self.then.measured(value);
    }

    fn state(&self) -> Vec<f64> {
        self.then.state()
    }

    fn set_state(&mut self, state: &[f64]) {
        self.then.set_state(state);
    }
}

/// A rate that falls along half a cosine; PyTorch's `CosineAnnealingLR`, which stays at the floor.
///
/// ```
/// use tensor_core::train::{Cosine, Schedule};
///
/// let schedule = Cosine { peak: 1.0, floor: 0.2, steps: 10 };
/// assert_eq!([0, 5, 10, 99].map(|step| (10.0 * schedule.rate(step)).round()), [10.0, 6.0, 2.0, 2.0]);
/// ```
///
/// # Source
/// "SGDR: Stochastic Gradient Descent with Warm Restarts", arXiv:1608.03983, without restarts
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cosine {
    /// The first step's rate.
    pub peak: f64,
    /// The rate from step `steps` on.
    pub floor: f64,
    /// Steps of the way down.
    pub steps: usize,
}

impl Schedule for Cosine {
    fn rate(&self, step: usize) -> f64 {
        between(self.peak, self.floor, step as f64 / self.steps.max(1) as f64)
    }
}

/// From `start` to `end` along half a cosine.
fn between(start: f64, end: f64, way: f64) -> f64 {
    end + (start - end) * 0.5 * (1.0 + (PI * way.clamp(0.0, 1.0)).cos())
}

/// A rate that rises along half a cosine to its peak and falls along another to nearly 0; PyTorch's `OneCycleLR`.
///
/// ```
/// use tensor_core::train::{OneCycle, Schedule};
///
/// let schedule = OneCycle::new(1.0, 100);
/// assert!((schedule.rate(0) - 0.04).abs() < 1e-12); // a 25th
/// assert!((schedule.rate(29) - 1.0).abs() < 1e-12);
/// assert!((schedule.rate(99) - 4e-6).abs() < 1e-12);
/// ```
///
/// # Source
/// "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates", arXiv:1708.07120
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneCycle {
    /// The highest rate.
    pub peak: f64,
    /// Steps in all.
    pub steps: usize,
    /// The share of the steps in which it rises.
    pub rising: f64,
    /// By what the peak is divided to give the first rate.
    pub first: f64,
    /// By what the first rate is divided to give the last one.
    pub last: f64,
}

impl OneCycle {
    /// PyTorch's shape: it rises for 0.3 of the steps, from a 25th of the peak, and falls to a 10 000th of that.
    pub fn new(peak: f64, steps: usize) -> Self {
        OneCycle { peak, steps, rising: 0.3, first: 25.0, last: 1e4 }
    }
}

impl Schedule for OneCycle {
    fn rate(&self, step: usize) -> f64 {
        let first = self.peak / self.first;
        let (top, end) = (self.rising * self.steps as f64 - 1.0, self.steps as f64 - 1.0);
        let step = step as f64;
        if step <= top {
            between(first, self.peak, step / top.max(1.0))
        } else {
            between(self.peak, first / self.last, (step - top) / (end - top).max(1.0))
        }
    }
}

/// A rate that is multiplied with `factor` every so many steps; PyTorch's `StepLR`.
///
/// ```
/// use tensor_core::train::{Schedule, StepDecay};
///
/// let schedule = StepDecay { first: 1.0, every: 10, factor: 0.5 };
/// assert_eq!([0, 9, 10, 25].map(|step| schedule.rate(step)), [1.0, 1.0, 0.5, 0.25]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepDecay {
    /// The first rate.
    pub first: f64,
    /// Steps with the same rate.
    pub every: usize,
    /// What it is multiplied with after them.
    pub factor: f64,
}

impl Schedule for StepDecay {
    fn rate(&self, step: usize) -> f64 {
        let times = step / self.every.max(1);
        self.first * self.factor.powi(times.min(i32::MAX as usize) as i32)
    }
}

/// A rate that is multiplied with `factor` whenever a measure, such as the validation loss, has not become smaller for
/// more than `patience` looks in a row; PyTorch's `ReduceLROnPlateau` with a relative threshold of 1e-4.
///
/// ```
/// use tensor_core::train::Plateau;
///
/// let mut plateau = Plateau::new(1.0, 0.1, 1);
/// assert_eq!([5.0, 4.0, 4.0, 4.0, 3.0].map(|loss| plateau.look(loss)), [1.0, 1.0, 1.0, 0.1, 0.1]);
/// ```
///
/// As the [`schedule`](super::Trainer::schedule) of a [`Trainer`](super::Trainer) it looks by itself at each evaluation that
/// measures what it [watches](Self::watching), the validation loss if nothing else is said, and a checkpoint holds its state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plateau {
    rate: f64,
    factor: f64,
    patience: usize,
    best: f64,
    /// Looks since the best.
    waited: usize,
    measure: &'static str,
}

impl Plateau {
    /// Begins with this rate.
    pub fn new(rate: f64, factor: f64, patience: usize) -> Self {
        Plateau { rate, factor, patience, best: f64::INFINITY, waited: 0, measure: "validation/loss" }
    }

    /// The measure of a [`Trainer`](super::Trainer)'s evaluations that it looks at, of which less is better.
    #[must_use]
    pub fn watching(self, measure: &'static str) -> Self {
        Plateau { measure, ..self }
    }

    /// The rate after a look at the measure.
    pub fn look(&mut self, measure: f64) -> f64 {
        if measure < self.best * (1.0 - 1e-4) {
            (self.best, self.waited) = (measure, 0);
        } else {
            self.waited += 1;
        }
        if self.waited > self.patience {
            self.rate *= self.factor;
            self.waited = 0;
        }
        self.rate
    }

    /// The rate.
    pub fn rate(&self) -> f64 {
        self.rate
    }
}

impl Schedule for Plateau {
    fn rate(&self, _: usize) -> f64 {
        self.rate
    }

    fn watches(&self) -> Option<&str> {
        Some(self.measure)
    }

    fn measured(&mut self, value: f64) {
        self.look(value);
    }

    fn state(&self) -> Vec<f64> {
        vec![self.rate, self.best, self.waited as f64]
    }

    fn set_state(&mut self, state: &[f64]) {
        if let [rate, best, waited] = *state {
            (self.rate, self.best, self.waited) = (rate, best, waited as usize);
        }
    }
}

/// A learning rate that rises in a line, then falls along a cosine.
///
/// # Source
/// "SGDR: Stochastic Gradient Descent with Warm Restarts", arXiv:1608.03983, without restarts; the warm-up as in
/// "Attention Is All You Need", arXiv:1706.03762.
///
/// ```
/// use tensor_core::train::WarmupCosine;
///
/// let schedule = WarmupCosine { peak: 1e-3, floor: 1e-4, warmup: 10, steps: 100 };
/// assert_eq!(schedule.rate(0), 1e-4); // a tenth of the way up
/// assert_eq!(schedule.rate(9), 1e-3);
/// assert!((schedule.rate(54) - 5.5e-4).abs() < 1e-12); // half-way down
/// assert!((schedule.rate(99) - 1e-4).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmupCosine {
    /// The highest rate, that of the last step of the warm-up.
    pub peak: f64,
    /// The rate of the last step, and of those after it.
    pub floor: f64,
    /// Steps of the warm-up.
    pub warmup: usize,
    /// Steps in all.
    pub steps: usize,
}

impl WarmupCosine {
    /// The rate of a step, counted from 0.
    pub fn rate(&self, step: usize) -> f64 {
        let done = step + 1;
        if done <= self.warmup {
            return self.peak * done as f64 / self.warmup as f64;
        }
        let falling = self.steps.saturating_sub(self.warmup).max(1);
        let way = ((done - self.warmup) as f64 / falling as f64).min(1.0);
        self.floor + (self.peak - self.floor) * 0.5 * (1.0 + (PI * way).cos())
    }
}

impl Schedule for WarmupCosine {
    fn rate(&self, step: usize) -> f64 {
        WarmupCosine::rate(self, step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rises_then_falls_and_stays_at_the_floor() {
        let schedule = WarmupCosine { peak: 1.0, floor: 0.1, warmup: 4, steps: 20 };
        let rates: Vec<f64> = (0..30).map(|step| schedule.rate(step)).collect();
        assert!(rates[..4].is_sorted() && rates[3..20].is_sorted_by(|a, b| a >= b));
        assert_eq!((rates[3], rates[19], rates[29]), (1.0, 0.1, 0.1));
    }

    #[test]
    fn without_warm_up_or_steps_it_is_still_a_rate() {
        let schedule = WarmupCosine { peak: 1.0, floor: 0.1, warmup: 0, steps: 0 };
        assert_eq!(schedule.rate(0), 0.1);
    }

    /// The figures are those of torch 2.15's `lr_scheduler`s.
    #[track_caller]
    fn assert_rates(schedule: impl Schedule, expected: &[f64]) {
        for (step, expected) in expected.iter().enumerate() {
            let found = schedule.rate(step);
            assert!((found - expected).abs() < 1e-12, "step {step}: {found}, PyTorch has {expected}");
        }
    }

    #[test]
    fn rates_are_pytorchs() {
        let (a, b, c) = (0.965_745_789_630_079_1, 0.868_198_051_533_946_4, 0.722_207_544_564_290_5);
        let cosine = Cosine { peak: 1.0, floor: 0.1, steps: 8 };
        assert_rates(cosine, &[1.0, a, b, c, 0.55, 1.1 - c, 1.1 - b, 1.1 - a, 0.1]);
        let falling = [0.950_484_632_013_473_7, 0.811_745_653_949_763_1, 0.611_262_021_936_289_3];
        assert_rates(OneCycle::new(1.0, 10), &[[0.04, 0.52, 1.0], falling].concat());
        assert_rates(
            StepDecay { first: 1.0, every: 3, factor: 0.5 },
            &[1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25],
        );
        let mut plateau = Plateau::new(1.0, 0.1, 1);
        let measures = [5.0, 4.0, 4.0, 4.0, 3.9999, 3.9999, 3.9999, 2.0, 2.0, 2.0, 2.0];
        let expected = [1.0, 1.0, 1.0, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01, 0.001, 0.001];
        for (measure, expected) in measures.into_iter().zip(expected) {
            assert!((plateau.look(measure) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn no_schedule_divides_by_zero() {
        assert_rates(Warmup { steps: 0, then: Constant(1.0) }, &[1.0, 1.0]);
        assert_eq!(Cosine { peak: 1.0, floor: 0.5, steps: 0 }.rate(0), 1.0);
        assert!((0..3).all(|step| OneCycle::new(1.0, 1).rate(step).is_finite()));
        assert_eq!(StepDecay { first: 1.0, every: 0, factor: 0.5 }.rate(1), 0.5);
    }
}
