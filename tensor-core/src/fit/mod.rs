//! Whether the tensors of a file are those of a declared network, told when the crate is checked: what `weights!` expands to.
//!
//! The macro writes a file's header down as constant data, a [`Header`]. [`compare`] holds the plan of a network against
//! it, and finds what does not fit. To let rustc report each of these once, at the item that it is about, every declaration
//! has a constant [`Fits::WEIGHTS`] that checks its items against one [`Blame`], and hands the blame down to the networks
//! in it.

mod blame;
mod compare;
mod list;
mod message;
mod near;
mod place;
#[cfg(test)]
mod tests;

pub use blame::{Blame, Fits, Inside, check_left, check_weights};
pub use compare::{Verdict, compare};
pub(crate) use list::state_dict;
pub use list::weights_of;
pub use place::Place;

/// What the header of a file says, or those of several that make one checkpoint.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// The file's name, for messages.
    pub file: &'static str,
    /// Its tensors, ascending by name.
    pub tensors: &'static [StoredTensor],
}

/// A tensor of a file.
#[derive(Clone, Copy, Debug)]
pub struct StoredTensor {
    /// Its name for the network: without a prefix, renamed.
    pub name: &'static str,
    /// Its name in the file.
    pub origin: &'static str,
    /// Its number type, in safetensors' notation.
    pub dtype: &'static str,
    /// Its sizes, outermost first.
    pub shape: &'static [usize],
}

impl Header {
    /// The place of the tensor of this name.
    const fn find(&self, name: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.tensors.len());
        while low < high {
            let middle = (low + high) / 2;
            match order(self.tensors[middle].name, name) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }
}

/// As `a.cmp(b)`, which is not for constants.
const fn order(a: &str, b: &str) -> std::cmp::Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() {
        if a[i] != b[i] {
            return if a[i] < b[i] { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater };
        }
        i += 1;
    }
    if a.len() < b.len() {
        std::cmp::Ordering::Less
    } else if a.len() > b.len() {
        std::cmp::Ordering::Greater
    } else {
        std::cmp::Ordering::Equal
    }
}

/// As `a == b`, which is not for constants.
const fn same_sizes(a: &[usize], b: &[usize]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
