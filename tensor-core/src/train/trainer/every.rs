//! When something happens, and what counts as better.

/// How often something happens in a training.
///
/// ```
/// use tensor_core::train::Every;
///
/// let often = Every::Steps(100);
/// assert_eq!(often.to_string(), "every 100 steps");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// After so many changes of the weights.
    Steps(u64),
    /// After so many passes over the training data.
    Epochs(u64),
}

impl Every {
    /// Whether it is time, where the counts of steps and epochs went from the first to the second.
    pub(super) fn is_due(self, before: (u64, u64), now: (u64, u64)) -> bool {
        match self {
            Every::Steps(count) => before.0 / count != now.0 / count,
            Every::Epochs(count) => before.1 / count != now.1 / count,
        }
    }

    /// Its count.
    pub(super) fn count(self) -> u64 {
        match self {
            Every::Steps(count) | Every::Epochs(count) => count,
        }
    }
}

impl std::fmt::Display for Every {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Every::Steps(count) => write!(f, "every {count} steps"),
            Every::Epochs(count) => write!(f, "every {count} epochs"),
        }
    }
}

/// The measure by which one state of a network is better than another.
///
/// ```
/// use tensor_core::train::Goal;
///
/// assert!(Goal::lowest("validation/loss").is_better(0.3, 0.4));
/// assert!(!Goal::highest("validation/accuracy").is_better(f64::NAN, 0.4));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    pub(super) name: String,
    lowest: bool,
}

impl Goal {
    /// Less is better.
    pub fn lowest(name: impl Into<String>) -> Self {
        Goal { name: name.into(), lowest: true }
    }

    /// More is better.
    pub fn highest(name: impl Into<String>) -> Self {
        Goal { name: name.into(), lowest: false }
    }

    /// The measure's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether `value` is better than `best`; NaN is never better.
    pub fn is_better(&self, value: f64, best: f64) -> bool {
        if self.lowest { value < best } else { value > best }
    }
}

impl std::fmt::Display for Goal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the {} `{}`", if self.lowest { "lowest" } else { "highest" }, self.name)
    }
}
