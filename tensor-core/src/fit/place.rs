//! Where in nested declarations an item stands.

/// The numbers of items from the outermost network down: of an item in its declaration, and of those around it in theirs. The
/// items of a body are numbered as they are written, those in `residual` and `fork` after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    items: [usize; Place::DEEPEST],
    len: usize,
}

impl Place {
    /// Deeper items are blamed where the file is named.
    const DEEPEST: usize = 8;

    /// No item.
    pub(super) const NOWHERE: Place = Place { items: [0; Self::DEEPEST], len: 0 };

    /// The item of this number in the network here.
    #[inline]
    pub(super) const fn then(mut self, item: usize) -> Self {
        if self.len < Self::DEEPEST {
            self.items[self.len] = item;
        }
        self.len += 1;
        self
    }

    /// Whether it is this item of a network.
    pub(super) const fn is(&self, item: usize) -> bool {
        self.len == 1 && self.items[0] == item
    }

    /// The place as the network sees it that is this item.
    pub(super) const fn inside(mut self, item: usize) -> Self {
        if self.len < 2 || self.len > Self::DEEPEST || self.items[0] != item {
            return Self::NOWHERE;
        }
        let mut i = 1;
        while i < self.len {
            self.items[i - 1] = self.items[i];
            i += 1;
        }
        self.len -= 1;
        self.items[self.len] = 0;
        self
    }

    pub(super) const fn equals(&self, other: &Place) -> bool {
        self.len == other.len && super::same_sizes(&self.items, &other.items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_in_as_it_came_out() {
        let place = Place::NOWHERE.then(3).then(0).then(2);
        assert_eq!(place.inside(3).inside(0), Place::NOWHERE.then(2));
        assert!(place.inside(3).inside(0).is(2) && !place.inside(3).is(0));
        assert_eq!(place.inside(4), Place::NOWHERE);
        assert_eq!(place.inside(3).inside(0).inside(2), Place::NOWHERE);
        assert!(!Place::NOWHERE.is(0));
    }

    #[test]
    fn what_lies_too_deep_is_nowhere() {
        let mut place = Place::NOWHERE;
        for _ in 0..10 {
            place = place.then(1);
        }
        assert_eq!(place.inside(1), Place::NOWHERE);
    }
}
