//! What an optimizer keeps of a weight.

use std::ops::Range;

use dfdx::prelude::Device;

use super::group::Group;
use crate::Error;
use crate::param::{AnyParam, Element};

/// What is kept of a weight from step to step.
#[derive(Debug)]
pub(super) struct Kept<E> {
    pub(super) name: String,
    pub(super) sizes: Vec<usize>,
    pub(super) group: Group,
    /// Its numbers that this optimizer changes: all of them, unless several ranks divide them.
    pub(super) own: Range<usize>,
    /// A list for each name of the rule's, of the numbers that are its own.
    pub(super) remembered: Vec<Vec<E>>,
    /// The same on a GPU; where there is something, it is newer.
    #[cfg(feature = "cuda")]
    pub(super) on_gpu: Vec<crate::cuda::Numbers>,
}

impl<E> Kept<E> {
    /// Whether the weight stays as it is: frozen by its op, or by its group.
    pub(super) fn stays(&self) -> bool {
        self.group.rate == 0.0
    }

    /// Makes it so many lists that are remembered: new ones are zeros.
    pub(super) fn remember(&mut self, count: usize) -> Result<(), Error>
    where
        E: Element,
    {
        if self.remembered.len() != count && !self.stays() {
            #[cfg(feature = "cuda")]
            self.leave_gpu()?;
            self.remembered.resize_with(count, || vec![E::of(0.0); self.own.len()]);
        }
        Ok(())
    }

    /// What is remembered.
    #[cfg(not(feature = "cuda"))]
    pub(super) fn numbers_remembered(&self) -> Result<super::state::Lists<'_, E>, Error>
    where
        E: Clone,
    {
        Ok(self.remembered.iter().map(|numbers| std::borrow::Cow::from(&numbers[..])).collect())
    }

    pub(super) fn numbers(&self) -> usize {
        self.sizes.iter().product()
    }
}

impl<E> std::fmt::Display for Kept<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?}", self.name, self.sizes)
    }
}

/// Checks that a weight has the sizes of the one that was seen at its place.
pub(super) fn check_seen<E: Element, D: Device<E>>(
    kept: Option<&Kept<E>>,
    name: &str,
    weight: &dyn AnyParam<E, D>,
) -> Result<(), Error> {
    if kept.is_some_and(|kept| weight.has_sizes(&kept.sizes)) {
        return Ok(());
    }
    let had = kept.map_or("none".to_owned(), Kept::to_string);
    Err(Error::OtherWeights { had, given: format!("{name} {:?}", weight.sizes()) })
}

/// Checks that there are as many weights as were seen.
pub(super) fn check_count<E>(kept: &[Kept<E>], given: usize) -> Result<(), Error> {
    let missing =
        kept.get(given).map(|kept| Err(Error::OtherWeights { had: kept.to_string(), given: "none".into() }));
    missing.unwrap_or(Ok(()))
}
