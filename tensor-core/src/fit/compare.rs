//! A plan against a header.

use super::list::{Found, Walk, Weight, is_sound};
use super::{Header, Place};
use crate::plan::{Plan, Text};

/// Mistakes at items that are told one by one. Those beyond are named in the last of them.
pub(super) const MOST: usize = 11;

/// What a comparison found: of `N` weights and `M` tensors of the file.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<const N: usize, const M: usize> {
    pub(super) header: Header,
    pub(super) network: &'static str,
    pub(super) weights: [Weight; N],
    /// Which of the file's tensors have a place.
    pub(super) used: [bool; M],
    /// The tensor that a missing weight may be, under another name.
    pub(super) similar: [Option<usize>; N],
    /// The first weight of each item that does not fit.
    firsts: [usize; MOST],
    items: usize,
    /// Weights that don't fit, of further items.
    pub(super) beyond: usize,
    pub(super) kind: Kind,
}

/// What kind of mistake there is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// At items, or tensors without a place; or none.
    Some,
    /// The names in the file begin with so many bytes more.
    Prefix(usize, usize),
    /// Nothing of the network is in the file.
    All,
}

/// Holds a network's plan against what a file has.
///
/// # Panics
/// If `N` and `M` are not the numbers of their weights and tensors.
pub const fn compare<const N: usize, const M: usize>(plan: &'static Plan, header: Header) -> Verdict<N, M> {
    let (mut weights, mut used) = ([Weight::NONE; N], [false; M]);
    // Of a declaration with mistakes nothing can be said.
    let sound = is_sound(plan);
    if sound {
        Walk { header, weights: &mut weights, len: 0, used: &mut used }.network(
            plan,
            Text::new(),
            Place::NOWHERE,
        );
    } else {
        used = [true; M];
    }
    let mut verdict = Verdict {
        header,
        network: plan.name,
        weights,
        used,
        similar: [None; N],
        firsts: [0; MOST],
        items: 0,
        beyond: 0,
        kind: Kind::Some,
    };
    verdict.kind = verdict.kind();
    if matches!(verdict.kind, Kind::Some) {
        verdict.find_similar();
        verdict.find_items();
    }
    verdict
}

impl<const N: usize, const M: usize> Verdict<N, M> {
    /// If nothing fits, why.
    const fn kind(&self) -> Kind {
        let (mut i, mut alike) = (0, 0);
        while i < N && self.weights[i].is_missing() {
            if self.nearest(&self.weights[i]).is_some() {
                alike += 1;
            }
            i += 1;
        }
        if N == 0 || i < N {
            return Kind::Some;
        }
        let name = self.weights[0].name.as_str().as_bytes();
        i = 0;
        while i < M {
            let other = self.header.tensors[i].name.as_bytes();
            if other.len() > name.len() + 1
                && ends_in(other, name)
                && other[other.len() - name.len() - 1] == b'.'
            {
                return Kind::Prefix(i, other.len() - name.len());
            }
            i += 1;
        }
        if alike * 2 > N { Kind::Some } else { Kind::All }
    }

    const fn find_similar(&mut self) {
        let mut i = 0;
        while i < N {
            if self.weights[i].is_missing() {
                self.similar[i] = self.nearest(&self.weights[i]);
            }
            i += 1;
        }
    }

    const fn find_items(&mut self) {
        let mut i = 0;
        while i < N {
            let new = !matches!(self.weights[i].found, Found::Same) && {
                let mut known = 0;
                while known < self.items
                    && !self.weights[self.firsts[known]].place.equals(&self.weights[i].place)
                {
                    known += 1;
                }
                known == self.items
            };
            if new && self.items < MOST {
                self.firsts[self.items] = i;
                self.items += 1;
            } else if new {
                self.beyond += 1;
            }
            i += 1;
        }
    }

    /// The item that the mistake of this number is about.
    #[inline]
    pub const fn place(&self, number: usize) -> Place {
        if number < self.items { self.weights[self.firsts[number]].place } else { Place::NOWHERE }
    }

    /// What is wrong, of this number; empty if nothing is.
    pub const fn message(&self, number: usize) -> Text {
        if number < self.items {
            let text = self.item_message(self.firsts[number]);
            return if number + 1 == MOST && self.beyond > 0 { self.and_beyond(text) } else { text };
        }
        match self.kind {
            _ if number > self.items => Text::new(),
            Kind::Some => self.unexpected_message(),
            Kind::Prefix(tensor, bytes) => self.prefix_message(tensor, bytes),
            Kind::All => self.nothing_message(),
        }
    }
}

#[inline]
const fn ends_in(text: &[u8], end: &[u8]) -> bool {
    let mut i = 0;
    while i < end.len() && i < text.len() {
        if text[text.len() - 1 - i] != end[end.len() - 1 - i] {
            return false;
        }
        i += 1;
    }
    i == end.len()
}
