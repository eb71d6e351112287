//! Batches that are read ahead in a seeded order which can be resumed.

use std::sync::Arc;

use super::{Batches, Deal, Position, PositionError, ReadAhead, ReadAheadError, Resume};

/// What makes a batch of row numbers.
type Fetch<T, E> = Arc<dyn Fn(&[usize]) -> Result<T, E> + Send + Sync>;

/// Deals out batches without end, epoch after epoch, each made by a function of its row numbers on another thread, some
/// ahead. The order is that of the [`Batches`] or [`Buckets`](super::Buckets) it is made of; where it is does not count what was read ahead, so that a
/// resume gives the batches that had not been taken.
///
/// ```
/// use tensor_core::data::{Batches, Loader};
///
/// // Anything that can be read by row number: here a function instead of a file.
/// let read = |rows: &[usize]| Ok::<Vec<usize>, std::io::Error>(rows.iter().map(|row| row * row).collect());
/// let mut loader = Loader::new(Batches::new(10, 4, 7)?, read, 2);
/// for batch in loader.epoch() {
///     assert!(batch?.len() <= 4);
/// }
/// loader.next();
/// let at = loader.state();
///
/// let mut later = Loader::new(Batches::new(10, 4, 0)?, read, 2);
/// later.resume(at)?;
/// assert_eq!(later.next().unwrap()?, loader.next().unwrap()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Loader<T, E, B = Batches> {
    /// At `at` or before it.
    batches: B,
    fetch: Fetch<T, E>,
    ahead: usize,
    at: Position,
    running: Option<ReadAhead<(T, Position), E>>,
}

impl<T, E, B> std::fmt::Debug for Loader<T, E, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loader").field("at", &self.at).field("ahead", &self.ahead).finish_non_exhaustive()
    }
}

impl<T: Send + 'static, E: Send + 'static, B: Deal + Clone + Send + 'static> Loader<T, E, B> {
    /// Goes on from where `batches` are, up to `ahead` batches ahead.
    pub fn new(
        batches: B,
        fetch: impl Fn(&[usize]) -> Result<T, E> + Send + Sync + 'static,
        ahead: usize,
    ) -> Self {
        Loader { at: batches.state(), batches, fetch: Arc::new(fetch), ahead, running: None }
    }

    /// What is left of the epoch under way; a whole one, if none is.
    pub fn epoch(&mut self) -> impl Iterator<Item = Result<T, ReadAheadError<E>>> {
        let mut over = false;
        std::iter::from_fn(move || {
            if over {
                return None;
            }
            let epoch = self.at.epoch;
            let made = self.next();
            over = made.is_none() || self.at.epoch > epoch;
            made
        })
    }

    /// Where it is: after the last batch that it gave.
    pub fn state(&self) -> Position {
        self.at
    }

    /// Goes to a place that [`state`](Self::state) told, of batches of as many rows and of the same size. What was read
    /// ahead is given up.
    ///
    /// # Errors
    /// Those of the batches' [`Resume`].
    pub fn resume(&mut self, at: Position) -> Result<(), PositionError> {
        self.batches.resume(at)?;
        self.running = None;
        self.at = self.batches.state();
        Ok(())
    }

    fn begin(&self) -> Result<ReadAhead<(T, Position), E>, ReadAheadError<E>> {
        let (mut batches, fetch) = (self.batches.clone(), self.fetch.clone());
        let source = std::iter::repeat_with(move || {
            let made = fetch(batches.next_batch());
            (made, batches.state())
        });
        let source = source.map(|(made, at)| made.map(|made| (made, at)));
        ReadAhead::new(source, self.ahead)
    }
}

impl<T: Send + 'static, E: Send + 'static, B: Deal + Clone + Send + 'static> Resume for Loader<T, E, B> {
    fn state(&self) -> Position {
        Loader::state(self)
    }

    fn resume(&mut self, at: Position) -> Result<(), PositionError> {
        Loader::resume(self, at)
    }
}

/// Without end, but for a panic of what reads: that comes as an error, and is the last.
impl<T: Send + 'static, E: Send + 'static, B: Deal + Clone + Send + 'static> Iterator for Loader<T, E, B> {
    type Item = Result<T, ReadAheadError<E>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.running.is_none() {
            match self.begin() {
                Ok(begun) => self.running = Some(begun),
                Err(error) => return Some(Err(error)),
            }
        }
        let made = self.running.as_mut()?.next()?;
        Some(made.map(|(made, at)| {
            self.at = at;
            made
        }))
    }

    /// What is left out is not read.
    fn nth(&mut self, count: usize) -> Option<Self::Item> {
        if count > 0 {
            self.running = None;
            if let Err(error) = self.batches.resume(self.at) {
                unreachable!("these batches told it: {error}");
            }
            for _ in 0..count {
                self.batches.next_batch();
            }
            self.at = self.batches.state();
        }
        self.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loader(seed: u64) -> Loader<Vec<usize>, String> {
        Loader::new(Batches::new(23, 5, seed).unwrap(), |rows| Ok(rows.to_vec()), 3)
    }

    #[test]
    fn batches_are_those_without_it() {
        let mut batches = Batches::new(23, 5, 4).unwrap();
        let mut loader = loader(4);
        for _ in 0..3 {
            let epoch: Vec<Vec<usize>> = loader.epoch().map(Result::unwrap).collect();
            assert!(epoch.iter().eq(batches.epoch()));
        }
    }

    #[test]
    fn a_resume_gives_what_was_not_taken() {
        let mut whole = loader(4);
        for taken in 0..12 {
            let mut resumed = loader(0);
            resumed.next();
            resumed.resume(whole.state()).unwrap();
            assert_eq!(resumed.state(), whole.state());
            let mut again = loader(4);
            again.by_ref().take(taken).for_each(drop);
            let rest = |loader: &mut Loader<Vec<usize>, String>| -> Vec<_> {
                loader.by_ref().take(7).map(Result::unwrap).collect()
            };
            assert_eq!(rest(&mut resumed), rest(&mut again));
            let mut skipped = loader(4);
            skipped.next();
            assert_eq!(skipped.nth(taken + 6).unwrap().unwrap(), again.next().unwrap().unwrap());
            assert_eq!(skipped.state(), again.state());
            whole.next();
        }
        assert!(whole.resume(Position { seed: 0, epoch: 0, offset: 6 }).is_err());
        assert!(whole.next().unwrap().is_ok());
    }

    #[test]
    fn sequences_of_similar_lengths_are_read_too() {
        let lengths: Vec<usize> = (0..40).map(|i| 1 + i % 7).collect();
        let buckets = super::super::Buckets::new(&lengths, 6, 1).unwrap();
        let mut plain = buckets.clone();
        let mut loader = Loader::new(buckets, |rows| Ok::<_, String>(rows.to_vec()), 2);
        for _ in 0..3 {
            let epoch: Vec<Vec<usize>> = loader.epoch().map(Result::unwrap).collect();
            assert!(epoch.into_iter().eq(plain.epoch()));
        }
    }

    #[test]
    fn a_batch_that_fails_is_told_and_the_next_ones_come() {
        let read = |rows: &[usize]| if rows.contains(&3) { Err("row 3 is gone".to_owned()) } else { Ok(()) };
        let mut loader = Loader::new(Batches::new(10, 2, 1).unwrap(), read, 2);
        let told: Vec<String> = loader
            .epoch()
            .filter_map(|batch| batch.err())
            .map(|error| match error {
                ReadAheadError::Source(text) => text,
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(told, ["row 3 is gone"]);
    }

    #[test]
    fn a_panic_ends_it() {
        let mut loader: Loader<(), String> =
            Loader::new(Batches::new(10, 2, 1).unwrap(), |_| panic!("no disk"), 2);
        let told = loader.next().unwrap();
        assert!(matches!(told, Err(ReadAheadError::Panicked(text)) if text == "no disk"));
        assert!(loader.next().is_none());
    }
}
