//! Values by name.
//!
//! A compiler makes thousands of lines of each kind of `BTreeMap`. This one has the places of values in a list, so that
//! one kind serves all.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};

/// Values by name, in the order of the names.
#[derive(Clone)]
pub(crate) struct ByName<T> {
    places: BTreeMap<String, usize>,
    /// None where one was taken.
    values: Vec<Option<T>>,
}

impl<T> Default for ByName<T> {
    fn default() -> Self {
        ByName { places: BTreeMap::new(), values: Vec::new() }
    }
}

impl<T> ByName<T> {
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.values[*self.places.get(name)?].as_ref()
    }

    #[cfg(feature = "trainer")]
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.values[*self.places.get(name)?].as_mut()
    }

    /// Puts a value there, in place of one that is there.
    pub(crate) fn insert(&mut self, name: String, value: T) {
        match self.places.get(&name) {
            Some(&place) => self.values[place] = Some(value),
            None => {
                self.places.insert(name, self.values.len());
                self.values.push(Some(value));
            }
        }
    }

    /// Takes a value out.
    pub(crate) fn take(&mut self, name: &str) -> Option<T> {
        let place = self.places.remove(name)?;
        self.values[place].take()
    }

    /// Drops the values of other names.
    pub(crate) fn retain(&mut self, keeps: &mut dyn FnMut(&str) -> bool) {
        let values = &mut self.values;
        self.places.retain(|name, place| {
            let stays = keeps(name);
            if !stays {
                values[*place] = None;
            }
            stays
        });
    }

    #[cfg(feature = "trainer")]
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.places.iter().filter_map(|(name, place)| Some((name.as_str(), self.values[*place].as_ref()?)))
    }

    pub(crate) fn into_entries(mut self) -> impl Iterator<Item = (String, T)> {
        self.places.into_iter().filter_map(move |(name, place)| Some((name, self.values[place].take()?)))
    }
}

/// Of two values of one name the later stays.
impl<T> FromIterator<(String, T)> for ByName<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(entries: I) -> Self {
        let mut all = ByName::default();
        entries.into_iter().for_each(|(name, value)| all.insert(name, value));
        all
    }
}

impl<T: PartialEq> PartialEq for ByName<T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: Debug> Debug for ByName<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn five() -> ByName<usize> {
        ["b", "c", "", "a.b", "a"]
            .into_iter()
            .enumerate()
            .map(|(value, name)| (name.to_owned(), value))
            .collect()
    }

    #[test]
    fn values_are_found_by_their_names_and_come_in_their_order() {
        let mut all = five();
        assert_eq!(all.iter().collect::<Vec<_>>(), [("", &2), ("a", &4), ("a.b", &3), ("b", &0), ("c", &1)]);
        assert_eq!((all.get("a.b"), all.get("a.")), (Some(&3), None));
        all.insert("c".into(), 8);
        let values: Vec<_> = all.into_entries().map(|(_, value)| value).collect();
        assert_eq!(values, [2, 4, 3, 0, 8]);
    }

    #[cfg(feature = "trainer")]
    #[test]
    fn values_are_changed_where_they_are() {
        let mut all = five();
        *all.get_mut("a").unwrap() += 1;
        assert_eq!(all.into_entries().map(|(_, value)| value).collect::<Vec<_>>(), [2, 5, 3, 0, 1]);
    }

    #[test]
    fn what_is_taken_or_not_retained_is_gone() {
        let mut all = five();
        assert_eq!((all.take("a.b"), all.take("a.b"), all.take("d")), (Some(3), None, None));
        all.retain(&mut |name| name != "b");
        assert_eq!(all.iter().collect::<Vec<_>>(), [("", &2), ("a", &4), ("c", &1)]);
        all.insert("b".into(), 7);
        assert_eq!(all.get("b"), Some(&7));
        assert_ne!(all, five());
    }

    #[test]
    fn equal_whatever_the_order_in_which_they_came() {
        let mut other = ByName::default();
        five().into_entries().for_each(|(name, value)| other.insert(name, value));
        assert_eq!(other, five());
        assert_eq!(format!("{other:?}"), r#"{"": 2, "a": 4, "a.b": 3, "b": 0, "c": 1}"#);
    }
}
