//! Means of named numbers.

use crate::by_name::ByName;

/// Means of what was noted since they were last taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Means {
    /// Sums and weights by name.
    pub(crate) sums: ByName<(f64, f64)>,
}

impl Means {
    pub(super) fn add(&mut self, name: &str, value: f64, weight: f64) {
        match self.sums.get_mut(name) {
            Some((sum, weights)) => {
                *sum += value * weight;
                *weights += weight;
            }
            None => self.sums.insert(name.to_owned(), (value * weight, weight)),
        }
    }

    /// The means, in the order of their names; it begins anew.
    pub(super) fn take(&mut self) -> Vec<(String, f64)> {
        let sums = std::mem::take(&mut self.sums).into_entries();
        sums.map(|(name, (sum, weight))| (name, sum / weight)).collect()
    }
}

/// A name in a group, if it does not say its own: `accuracy` in `train` is `train/accuracy`.
pub(super) fn in_group(group: &str, name: &str) -> String {
    if name.contains('/') { name.to_owned() } else { format!("{group}/{name}") }
}
