//! What a rule is.

use super::setting::Setting;
use crate::param::Element;

/// How weights change by their gradients.
///
/// One outside this crate implements it to be run by [`Optimizer`](super::Optimizer).
pub trait Rule: Sync {
    /// What it remembers for each number of a weight, by name: `exp_avg` … At most [`MOST_REMEMBERED`]. Settings that change
    /// between steps may make it more or less from the end on.
    fn remembers(&self) -> &'static [&'static str];

    /// The learning rate.
    fn learning_rate(&self) -> f64;

    /// Sets the learning rate.
    fn set_learning_rate(&mut self, rate: f64);

    /// How strongly weights decay.
    fn weight_decay(&self) -> f64;

    /// Its settings beside these two, to be checked before each step: one that is not what it takes is
    /// [`Error::Setting`](crate::Error::Setting).
    fn settings(&self) -> [Option<Setting>; MOST_SETTINGS] {
        [None; MOST_SETTINGS]
    }

    /// What a step's averages are divided by, since they began with zeros; [`Change`] brings it to each weight.
    fn corrections(&self, step: u64) -> [f64; 2] {
        _ = step;
        [1.0; 2]
    }

    /// The same as numbers for a kernel of GPUs, if there is one for it.
    #[cfg(feature = "cuda")]
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "only this crate's rules have kernels")]
    fn on_gpu(&self, step: u64) -> Option<crate::exec::fused::gpu::Rule> {
        _ = step;
        None
    }

    /// Changes a part of a weight. `remembered` has a slice of the weight's length for each name of
    /// [`remembers`](Self::remembers), and empty ones after them; they are zeros at first.
    fn apply<E: Element>(&self, change: &Change, part: Part<'_, E>);
}

/// What a step is to do to a weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The number of the step, from 1.
    pub step: u64,
    /// The rule's [`corrections`](Rule::corrections) of the step.
    pub corrections: [f64; 2],
    /// The learning rate of this weight.
    pub rate: f64,
    /// The decay of this weight.
    pub decay: f64,
    /// What gradients are multiplied with before they are used.
    pub scale: f64,
}

/// A part of a weight.
#[derive(Debug)]
pub struct Part<'p, E> {
    /// The numbers of the weight.
    pub weight: &'p mut [E],
    /// Their gradients.
    pub gradient: &'p [E],
    /// What the rule remembers of them.
    pub remembered: [&'p mut [E]; MOST_REMEMBERED],
}

/// The most numbers that a rule remembers for each of a weight's.
pub const MOST_REMEMBERED: usize = 3;

/// The most settings of a rule that are checked, beside the learning rate and the decay.
pub const MOST_SETTINGS: usize = 4;
