//! An optimizer whose state several ranks divide among them, each of which changes its own numbers.

use std::ops::Range;

use super::kept::Kept;
use super::optimizer::Optimizer;
use super::rule::Rule;
use crate::param::Element;

/// Which share of the numbers is this optimizer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Division {
    pub(super) rank: usize,
    pub(super) ranks: usize,
}

impl Default for Division {
    /// All of them.
    fn default() -> Self {
        Division { rank: 0, ranks: 1 }
    }
}

impl Division {
    /// The share of a rank in so many numbers, one after another.
    fn share(self, rank: usize, numbers: usize) -> Range<usize> {
        let start = |rank: usize| (numbers as u128 * rank as u128 / self.ranks as u128) as usize;
        start(rank)..start(rank + 1)
    }
}

impl<E: Element> Kept<E> {
    /// The part of the numbers that is its own.
    pub(super) fn own_part(&self, mut numbers: Vec<E>) -> Vec<E> {
        if self.own != (0..numbers.len()) {
            numbers = numbers[self.own.clone()].to_vec();
        }
        numbers
    }
}

impl<R: Rule, E: Element> Optimizer<R, E> {
    /// Says which numbers of each weight are its own, and makes room for what it remembers of them.
    pub(super) fn share_out(&mut self) {
        let division = self.division;
        let owns = self.owned_by(division.rank);
        for (kept, own) in self.kept.iter_mut().zip(owns) {
            let whole = kept.numbers();
            for numbers in &mut kept.remembered {
                match numbers.len() {
                    0 => *numbers = vec![E::of(0.0); own.len()],
                    length if length == whole && own != (0..whole) => {
                        *numbers = numbers[own.clone()].to_vec()
                    }
                    _ => {}
                }
            }
            kept.own = own;
        }
    }

    /// The numbers of each weight that are a rank's. All that change, one after another, are divided into equal shares.
    pub(super) fn owned_by(&self, rank: usize) -> Vec<Range<usize>> {
        let changing = self.kept.iter().filter(|kept| !kept.stays()).map(Kept::numbers).sum();
        let share = self.division.share(rank, changing);
        let mut before = 0;
        let own = |kept: &Kept<E>| {
            if kept.stays() {
                return 0..0;
            }
            let numbers = kept.numbers();
            let inside = |place: usize| place.clamp(before, before + numbers) - before;
            let own = inside(share.start)..inside(share.end);
            before += numbers;
            own
        };
        self.kept.iter().map(own).collect()
    }
}

#[cfg(feature = "mpi")]
mod among_ranks {
    use std::borrow::Cow;
    use std::ops::Range;

    use super::super::StateError;
    use super::{Division, Element, Optimizer, Rule};
    use crate::io::StateDtype;

    impl<R: Rule, E: Element> Optimizer<R, E> {
        /// From now on it changes the numbers of this rank alone, and remembers no others.
        pub(crate) fn divide(&mut self, rank: usize, ranks: usize) {
            self.division = Division { rank, ranks };
            if !self.kept.is_empty() {
                self.share_out();
            }
        }

        /// Whether several ranks divide it.
        pub(crate) fn is_divided(&self) -> bool {
            self.division.ranks > 1
        }

        /// The numbers of each weight that each rank changes.
        pub(crate) fn owners(&self) -> Vec<Vec<Range<usize>>> {
            (0..self.division.ranks).map(|rank| self.owned_by(rank)).collect()
        }

        /// What it remembers of its own numbers, in the order in which a file has it.
        pub(crate) fn own_state(&self) -> impl Iterator<Item = (usize, &[E])> {
            let weights = self.kept.iter().enumerate();
            weights.flat_map(|(place, kept)| kept.remembered.iter().map(move |own| (place, &**own)))
        }

        /// The sizes of a weight, multiplied.
        pub(crate) fn numbers_of(&self, place: usize) -> usize {
            self.kept[place].numbers()
        }
    }

    impl<R: Rule, E: Element + StateDtype> Optimizer<R, E> {
        /// The bytes of a file of the whole state, from whole lists in the order of [`own_state`](Self::own_state).
        pub(crate) fn whole_bytes(&self, lists: Vec<Vec<E>>) -> Result<Vec<u8>, StateError> {
            let mut lists = lists.into_iter();
            self.bytes_of(&mut |kept| {
                Ok(lists.by_ref().take(kept.remembered.len()).map(Cow::Owned).collect())
            })
        }
    }
}
