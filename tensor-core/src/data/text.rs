//! Text as ids: characters, and windows of a sequence of ids.

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::{Position, PositionError, Resume};

/// The characters of a text, each with its id: they are counted in the order of their code points.
///
/// ```
/// use tensor_core::data::Characters;
///
/// let characters = Characters::of("to be");
/// assert_eq!(characters.len(), 5); // ' ', 'b', 'e', 'o', 't'
/// let ids = characters.encode("bet")?;
/// assert_eq!(ids, [1, 2, 4]);
/// assert_eq!(characters.decode(&ids), "bet");
/// assert_eq!(characters.encode("bat").unwrap_err().to_string(), "'a', character 1, is not one of the 5 known ones");
/// # Ok::<(), tensor_core::data::TextError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Characters {
    /// In order.
    all: Vec<char>,
}

/// What can be wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// A character has no id.
    #[error("{character:?}, character {place}, is not one of the {known} known ones")]
    UnknownCharacter {
        /// The character.
        character: char,
        /// Where it stands, from 0.
        place: usize,
        /// How many are known.
        known: usize,
    },
    /// A sequence is too short for one window and what comes after it.
    #[error("{length} ids are too few for a window of {window} and the id after it")]
    TooShort {
        /// Ids that there are.
        length: usize,
        /// Ids in a window.
        window: usize,
    },
    /// A window of nothing.
    #[error("a window has at least one id")]
    ZeroWindow,
}

impl Characters {
    /// The characters that occur in `text`.
    pub fn of(text: &str) -> Self {
        let mut all: Vec<char> = Vec::new();
        for character in text.chars() {
            if let Err(id) = all.binary_search(&character) {
                all.insert(id, character);
            }
        }
        Characters { all }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The ids of a text's characters.
    ///
    /// # Errors
    /// [`TextError::UnknownCharacter`] at the first one without an id.
    pub fn encode(&self, text: &str) -> Result<Vec<usize>, TextError> {
        let known = self.len();
        let id = |(place, character)| {
            let id = self.all.binary_search(&character);
            id.map_err(|_| TextError::UnknownCharacter { character, place, known })
        };
        text.chars().enumerate().map(id).collect()
    }

    /// The text of ids; one that is none becomes `\u{fffd}`.
    pub fn decode(&self, ids: &[usize]) -> String {
        ids.iter().map(|&id| self.all.get(id).copied().unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    }
}

/// Windows of a sequence of ids, each with the ids that come after each of its places.
///
/// ```
/// use tensor_core::data::Windows;
///
/// let windows = Windows::new(&[3, 1, 4, 1, 5], 2)?;
/// let all: Vec<_> = windows.in_order().collect();
/// assert_eq!(all, [(&[3, 1][..], &[1, 4][..]), (&[4, 1], &[1, 5])]);
/// # Ok::<(), tensor_core::data::TextError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Windows<'i> {
    ids: &'i [usize],
    window: usize,
}

impl<'i> Windows<'i> {
    /// Windows of `window` ids.
    ///
    /// # Errors
    /// [`TextError::ZeroWindow`], or [`TextError::TooShort`] if there is no window with an id after it.
    pub fn new(ids: &'i [usize], window: usize) -> Result<Self, TextError> {
        match window {
            0 => Err(TextError::ZeroWindow),
            _ if ids.len() <= window => Err(TextError::TooShort { length: ids.len(), window }),
            _ => Ok(Windows { ids, window }),
        }
    }

    /// How many start in the sequence.
    #[expect(clippy::len_without_is_empty, reason = "there is at least one")]
    pub fn len(&self) -> usize {
        self.ids.len() - self.window
    }

    /// The window that starts at `start`, and the one after each of its places.
    ///
    /// # Panics
    /// If `start` is not less than [`Windows::len`].
    pub fn at(&self, start: usize) -> (&'i [usize], &'i [usize]) {
        (&self.ids[start..start + self.window], &self.ids[start + 1..start + 1 + self.window])
    }

    /// Windows side by side, from the first id; what is left over at the end is dropped.
    pub fn in_order(&self) -> impl ExactSizeIterator<Item = (&'i [usize], &'i [usize])> + use<'i> {
        let windows = *self;
        let count = (self.ids.len() - 1) / self.window;
        (0..count).map(move |place| windows.at(place * windows.window))
    }

    /// Batches of windows that start anywhere: `size` windows one after another, and what comes after their places.
    /// The same seed gives the same batches.
    pub fn random(&self, size: usize, seed: u64) -> RandomWindows<'i> {
        RandomWindows { windows: *self, size, seed, random: StdRng::seed_from_u64(seed), dealt: 0 }
    }
}

/// Batches of windows that start anywhere, without end, as [`Windows::random`] gives them. Its [`Position`] has the batches
/// dealt as its offset, in the epoch 0.
///
/// ```
/// use tensor_core::data::Windows;
///
/// let windows = Windows::new(&[3, 1, 4, 1, 5, 9, 2, 6], 2)?;
/// let mut batches = windows.random(2, 7);
/// batches.next();
/// let mut later = windows.random(2, 0);
/// later.resume(batches.state())?;
/// assert_eq!(later.next(), batches.next());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RandomWindows<'i> {
    windows: Windows<'i>,
    size: usize,
    seed: u64,
    random: StdRng,
    dealt: u64,
}

impl<'i> RandomWindows<'i> {
    fn start(&mut self) -> usize {
        self.random.gen_range(0..self.windows.len())
    }

    /// Where it is: after the last batch that it gave.
    pub fn state(&self) -> Position {
        Position { seed: self.seed, epoch: 0, offset: self.dealt }
    }

    /// Goes to a place that [`state`](Self::state) told. It draws as often as had been done there: a second for some
    /// 100 million windows.
    ///
    /// # Errors
    /// [`PositionError::Epoch`] if it is a place after whole epochs, which are none here.
    pub fn resume(&mut self, at: Position) -> Result<(), PositionError> {
        if at.epoch > 0 {
            return Err(PositionError::Epoch(at.epoch));
        }
        (self.seed, self.random) = (at.seed, StdRng::seed_from_u64(at.seed));
        self.dealt = at.offset;
        for _ in 0..at.offset {
            for _ in 0..self.size {
                self.start();
            }
        }
        Ok(())
    }
}

impl Resume for RandomWindows<'_> {
    fn state(&self) -> Position {
        RandomWindows::state(self)
    }

    fn resume(&mut self, at: Position) -> Result<(), PositionError> {
        RandomWindows::resume(self, at)
    }
}

impl Iterator for RandomWindows<'_> {
    type Item = (Vec<usize>, Vec<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let (mut ids, mut next) = (Vec::new(), Vec::new());
        for _ in 0..self.size {
            let start = self.start();
            let (window, after) = self.windows.at(start);
            ids.extend_from_slice(window);
            next.extend_from_slice(after);
        }
        self.dealt += 1;
        Some((ids, next))
    }

    /// What is left out is drawn, but not made.
    fn nth(&mut self, count: usize) -> Option<Self::Item> {
        for _ in 0..count * self.size {
            self.start();
        }
        self.dealt += count as u64;
        self.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back() {
        let text = "né à Elseneur\n";
        let characters = Characters::of(text);
        assert_eq!(characters.decode(&characters.encode(text).unwrap()), text);
        assert_eq!(characters.decode(&[99]), "\u{fffd}");
        assert!(Characters::of("").is_empty());
    }

    #[test]
    fn random_windows_are_windows_and_the_seed_decides() {
        let ids: Vec<usize> = (0..50).collect();
        let windows = Windows::new(&ids, 7).unwrap();
        let deal = |seed| windows.random(3, seed).take(20).collect::<Vec<_>>();
        assert_eq!(deal(1), deal(1));
        assert_ne!(deal(1), deal(2));
        for (window, next) in deal(3) {
            assert_eq!(window.len(), 21);
            assert!(window.iter().zip(&next).all(|(id, after)| id + 1 == *after));
        }
        let starts: std::collections::BTreeSet<usize> =
            windows.random(500, 1).take(1).flat_map(|(ids, _)| ids.into_iter().step_by(7)).collect();
        assert_eq!(starts.len(), windows.len()); // the first and the last one too
    }

    #[test]
    fn a_resume_goes_on_with_the_same_windows() {
        let ids: Vec<usize> = (0..50).collect();
        let windows = Windows::new(&ids, 7).unwrap();
        let mut batches = windows.random(3, 5);
        for dealt in 0..20 {
            let mut resumed = windows.random(3, 0);
            resumed.resume(batches.state()).unwrap();
            assert_eq!(resumed.state(), Position { seed: 5, epoch: 0, offset: dealt });
            assert!(resumed.clone().take(5).eq(batches.clone().take(5)));
            let (mut skipped, mut taken) = (resumed.clone(), resumed.clone());
            taken.by_ref().take(3).for_each(drop);
            assert_eq!((skipped.nth(3), skipped.state()), (taken.next(), taken.state()));
            batches.next();
        }
        let error = batches.resume(Position { seed: 5, epoch: 2, offset: 0 }).unwrap_err();
        assert_eq!(error, PositionError::Epoch(2));
    }

    #[test]
    fn impossible_windows_are_refused() {
        assert_eq!(Windows::new(&[1, 2], 0).unwrap_err(), TextError::ZeroWindow);
        let error = Windows::new(&[1, 2], 2).unwrap_err();
        assert_eq!(error.to_string(), "2 ids are too few for a window of 2 and the id after it");
        assert_eq!(Windows::new(&[1, 2, 3], 2).unwrap().len(), 1);
    }
}
