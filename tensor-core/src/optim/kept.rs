//! What an optimizer keeps of a weight.

use std::ops::Range;

use super::group::Group;

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

    /// What is remembered.
    #[cfg(not(feature = "cuda"))]
    pub(super) fn numbers_remembered(&self) -> Result<super::state::Lists<'_, E>, crate::Error>
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
