//! Means of what a training measures.

/// The mean of numbers that come one by one, each with what it counts: the losses of batches with their rows, for example.
///
/// ```
/// use tensor_core::train::Mean;
///
/// let mut loss = Mean::default();
/// loss.add(2.0, 30);
/// loss.add(1.0, 10);
/// assert_eq!(loss.value(), 1.75);
/// assert_eq!((loss.take(), loss.count()), (1.75, 0)); // begins anew
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mean {
    sum: f64,
    count: u64,
}

impl Mean {
    /// Adds the mean of `count` things.
    pub fn add(&mut self, value: f64, count: usize) {
        self.sum += value * count as f64;
        self.count += count as u64;
    }

    /// The mean, NaN of nothing.
    pub fn value(&self) -> f64 {
        self.sum / self.count as f64
    }

    /// How many things were added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean, after which it begins anew.
    pub fn take(&mut self) -> f64 {
        std::mem::take(self).value()
    }
}

/// A mean in which what came long ago fades: each new number takes over a share of 1 − `keep`. It is unbiased from the first
/// number on, as Adam's moments are.
///
/// ```
/// use tensor_core::train::Running;
///
/// let mut loss = Running::new(0.9);
/// assert!(loss.value().is_nan());
/// assert_eq!(loss.add(4.0), 4.0);
/// assert!((loss.add(2.0) - (0.9 * 4.0 + 2.0) / 1.9).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Running {
    keep: f64,
    sum: f64,
    weight: f64,
}

impl Running {
    /// One that keeps this share, from 0 to 1, of what it had.
    ///
    /// # Panics
    /// If `keep` is not from 0 to below 1.
    pub fn new(keep: f64) -> Self {
        assert!((0.0..1.0).contains(&keep), "a running mean keeps a share from 0 to below 1, not {keep}");
        Running { keep, sum: 0.0, weight: 0.0 }
    }

    /// Takes a number, and gives the mean.
    pub fn add(&mut self, value: f64) -> f64 {
        self.sum = self.keep * self.sum + (1.0 - self.keep) * value;
        self.weight = self.keep * self.weight + (1.0 - self.keep);
        self.value()
    }

    /// The mean, NaN before the first number.
    pub fn value(&self) -> f64 {
        self.sum / self.weight
    }
}
