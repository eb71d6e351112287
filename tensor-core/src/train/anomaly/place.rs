//! Where something that is not finite arose, and how that is told.

use std::fmt::{self, Display};

use super::Statistics;

/// Where in a step of training the first NaN or infinity arose, and what went into it.
///
/// Its text says so in one or two sentences.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Anomaly {
    /// The step.
    pub step: u64,
    /// Where it arose.
    pub place: Place,
    /// What the numbers there are like.
    pub found: Statistics,
    /// What went into them: names, and what those numbers are like.
    pub inputs: Vec<(String, Statistics)>,
}

/// A place in a step of training.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// An input of the network came with it.
    Input {
        /// `the input`, or a side input by its name.
        name: String,
    },
    /// A weight had it before the step.
    Weight {
        /// The weight as in saved files.
        name: String,
    },
    /// An item of the network gave it.
    Item {
        /// The item: `blocks.1.up`.
        name: String,
        /// What it does: `linear(4 -> 8)`.
        op: String,
    },
    /// The loss of a finite output.
    Loss,
    /// The gradient of a weight, while the pass and the loss are finite.
    Gradient {
        /// The weight as in saved files: of those with such gradients the one nearest to the output.
        name: String,
        /// How many other weights have such gradients too.
        others: usize,
    },
    /// Only in the executor that trains: item by item, by dfdx's ops, all is finite. So it is a fault of its kernels, or
    /// something that drew other numbers to drop.
    Executor {
        /// `the network's output`, `the loss`, or the gradient of a weight.
        what: String,
        /// How many other weights have such gradients too.
        others: usize,
    },
    /// Nowhere: the step repeated is finite, as it trains and item by item. What dropped out may have been drawn anew, or the
    /// sum of gradients of several batches overflowed.
    Nowhere,
}

impl std::error::Error for Anomaly {}

impl Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Anomaly { step, place, found, inputs } = self;
        let bad = found.not_finite();
        match place {
            Place::Input { name } => write!(f, "step {step}: {name} of the network holds {bad} numbers")?,
            Place::Weight { name } => {
                write!(f, "step {step}: the weight `{name}` holds {bad} numbers before the step")?;
            }
            Place::Item { name, op } => {
                write!(
                    f,
                    "step {step}: the first numbers that are not finite, {bad}, are what `{name}`, {op}, gives"
                )?;
            }
            Place::Loss => write!(f, "step {step}: the loss is not finite, though the network's output is")?,
            Place::Gradient { name, others } => {
                write!(
                    f,
                    "step {step}: pass and loss are finite, but the gradient of `{name}` holds {bad} numbers"
                )?;
                match others {
                    0 => {}
                    1 => f.write_str(", and that of another weight holds some")?,
                    _ => write!(f, ", and those of {others} other weights hold some")?,
                }
            }
            Place::Executor { what, others } => {
                write!(f, "step {step}: {what} holds {bad} numbers as the network trains")?;
                if *others > 0 {
                    write!(f, " (and {others} more)")?;
                }
                f.write_str(", but is finite item by item by dfdx's ops: a fault of a kernel, or of what was dropped out")?;
            }
            Place::Nowhere => {
                return write!(
                    f,
                    "step {step}: the loss or a gradient was not finite, but repeated it is, as the network trains and \
                     item by item"
                );
            }
        }
        for (place, (name, statistics)) in inputs.iter().enumerate() {
            f.write_str(if place == 0 { ". Of what went into it, " } else { "; " })?;
            write!(f, "{name} is {statistics}")?;
        }
        Ok(())
    }
}
