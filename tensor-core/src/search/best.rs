//! The best of many scores.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// A row and its score. The greater one is the better: by score, where NaN is below all numbers; then by row, the lower
/// first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scored {
    pub(super) score: f32,
    pub(super) row: usize,
}

impl Ord for Scored {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_score = match (self.score.is_nan(), other.score.is_nan()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // 0 and −0 are equal here.
            (false, false) => self.score.partial_cmp(&other.score).unwrap_or(Ordering::Equal),
        };
        by_score.then(other.row.cmp(&self.row))
    }
}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Scored {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Scored {}

/// The best `k` so far; the worst of them is at hand.
pub(super) struct Best {
    k: usize,
    kept: BinaryHeap<Reverse<Scored>>,
}

impl Best {
    pub(super) fn new(k: usize) -> Self {
        Best { k, kept: BinaryHeap::with_capacity(k) }
    }

    /// What a later row's score has to exceed; NaN, which excludes nothing, as long as there is room.
    pub(super) fn bar(&self) -> f32 {
        match self.kept.peek() {
            Some(Reverse(worst)) if self.kept.len() == self.k => worst.score,
            _ => f32::NAN,
        }
    }

    /// Keeps `new` if it is among the best.
    pub(super) fn offer(&mut self, new: Scored) {
        if self.kept.len() < self.k {
            self.kept.push(Reverse(new));
        } else if let Some(mut worst) = self.kept.peek_mut()
            && new > worst.0
        {
            *worst = Reverse(new);
        }
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = Scored> {
        self.kept.into_iter().map(|Reverse(scored)| scored)
    }
}
