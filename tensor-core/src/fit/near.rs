//! Which tensor of a file may be a weight under another name.

use super::compare::Verdict;
use super::list::Weight;

/// From this likeness on, in thousandths, two names are taken for two spellings of one.
const ALIKE: usize = 600;

impl<const N: usize, const M: usize> Verdict<N, M> {
    /// The tensor without a place whose shape is this weight's, and whose name is most like its name.
    #[inline]
    pub(super) const fn nearest(&self, weight: &Weight) -> Option<usize> {
        let (mut best, mut best_likeness, mut candidates) = (None, 0, 0);
        let mut i = 0;
        while i < M {
            let tensor = &self.header.tensors[i];
            if !self.used[i] && super::same_sizes(tensor.shape, weight.shape.sizes()) {
                candidates += 1;
                let likeness = likeness(weight.name.as_str(), tensor.name);
                if best.is_none() || likeness > best_likeness {
                    (best, best_likeness) = (Some(i), likeness);
                }
            }
            i += 1;
        }
        let Some(found) = best else { return None };
        // Of the only candidate it is enough that it is a `weight`, too, or of the same item: `fc1.weight`, `hidden.gamma`.
        let (name, other) = (weight.name.as_str(), self.header.tensors[found].name);
        let same_item = weight.key.1 > 0 && common_start(name.as_bytes(), other.as_bytes()) > weight.key.1;
        let kin = candidates == 1 && (same_item || same_end(name, other));
        if best_likeness >= ALIKE || kin { best } else { None }
    }
}

/// How much of the longer name both have in common, at its beginning and its end, in thousandths. Where they differ, as in
/// `w_q` and `query`, the letter that tells matrices apart counts a little.
#[inline]
const fn likeness(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let (long, short) = if a.len() > b.len() { (a.len(), b.len()) } else { (b.len(), a.len()) };
    let start = common_start(a, b);
    let mut end = 0;
    while start + end < short && a[a.len() - 1 - end] == b[b.len() - 1 - end] {
        end += 1;
    }
    let letter = start + end < short && a[a.len() - 1 - end] == b[start];
    (start + end) * 1000 / long + if letter { 100 } else { 0 }
}

pub(super) const fn common_start(a: &[u8], b: &[u8]) -> usize {
    let mut same = 0;
    while same < a.len() && same < b.len() && a[same] == b[same] {
        same += 1;
    }
    same
}

/// Whether the names' last words are the same.
const fn same_end(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[a.len() - 1 - i] == b[b.len() - 1 - i] {
        if a[a.len() - 1 - i] == b'.' {
            return true;
        }
        i += 1;
    }
    (i == a.len() || a[a.len() - 1 - i] == b'.') && (i == b.len() || b[b.len() - 1 - i] == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_name_are_alike() {
        assert!(likeness("hidden.weight", "hidden.wieght") >= ALIKE);
        assert!(likeness("hidden.weight", "model.hidden.weight") >= ALIKE);
        assert!(likeness("hidden.weight", "fc.bias") < ALIKE);
        for (ours, theirs) in [("w_q", "query"), ("w_k", "key"), ("w_v", "value")] {
            let name = |part| format!("layer.0.self.{part}.weight");
            let nearest = ["query", "key", "value"]
                .into_iter()
                .max_by_key(|other| likeness(&name(ours), &name(other)))
                .unwrap();
            assert_eq!(nearest, theirs);
        }
    }

    #[test]
    fn the_last_word_counts() {
        assert!(
            same_end("hidden.weight", "fc.weight") && same_end("weight", "fc.weight") && same_end("a", "a")
        );
        assert!(!same_end("hidden.weight", "fc.aweight") && !same_end("weight", "eight"));
    }
}
