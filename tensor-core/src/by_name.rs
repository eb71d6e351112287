//! Values by name.
//!
//! As a `BTreeMap` has them, but few, in a sorted list: a compiler makes tens of lines of it where it makes
//! thousands of each kind of `BTreeMap`.

/// Values by name, in the order of the names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ByName<T>(Vec<(String, T)>);

impl<T> Default for ByName<T> {
    fn default() -> Self {
        ByName(Vec::new())
    }
}

impl<T> ByName<T> {
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.place(name).ok().map(|place| &self.0[place].1)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.place(name).ok().map(|place| &mut self.0[place].1)
    }

    /// Puts a value there, in place of one that is there.
    pub(crate) fn insert(&mut self, name: String, value: T) {
        match self.place(&name) {
            Ok(place) => self.0[place].1 = value,
            Err(place) => self.0.insert(place, (name, value)),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub(crate) fn into_entries(self) -> Vec<(String, T)> {
        self.0
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|entry| entry.0.as_str().cmp(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_names_and_come_in_their_order() {
        let mut all = ByName::default();
        for (value, name) in ["b", "c", "", "a.b", "a"].into_iter().enumerate() {
            all.insert(name.to_owned(), value);
        }
        assert_eq!(all.iter().collect::<Vec<_>>(), [("", &2), ("a", &4), ("a.b", &3), ("b", &0), ("c", &1)]);
        assert_eq!((all.get("a.b"), all.get("a.")), (Some(&3), None));
        all.insert("c".into(), 8);
        *all.get_mut("a").unwrap() += 1;
        let values: Vec<_> = all.into_entries().into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, [2, 5, 3, 0, 8]);
    }
}
