//! Learning rates that change from step to step.

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
        self.floor + (self.peak - self.floor) * 0.5 * (1.0 + (std::f64::consts::PI * way).cos())
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
}
