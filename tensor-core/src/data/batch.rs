//! Mini-batches in a seeded order.

use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

use super::{Deal, Position, PositionError, Resume};

/// Deals out the row numbers `0..rows` in batches, newly shuffled for each epoch.
///
/// The last batch holds what is left over, unless [`whole_only`](Self::whole_only) drops it. The same rows, size and
/// seed give the same batches, epoch for epoch. [`state`](Self::state) says where it is, [`resume`](Self::resume) goes on
/// from there.
///
/// ```
/// use tensor_core::data::Batches;
///
/// let mut batches = Batches::new(10, 4, 0)?;
/// let sizes: Vec<usize> = batches.epoch().map(|rows| rows.len()).collect();
/// assert_eq!(sizes, [4, 4, 2]);
/// assert_eq!(batches.whole_only()?.per_epoch(), 2);
/// # Ok::<(), tensor_core::data::BatchError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Batches {
    order: Vec<usize>,
    size: usize,
    whole_only: bool,
    seed: u64,
    random: StdRng,
    /// Epochs that were shuffled, the one under way included.
    begun: u64,
    /// Batches that were dealt of the last of them.
    dealt: usize,
    /// Whether the next epoch is what a resume left of one.
    resumed: bool,
}

/// Batches that can't be dealt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// There is nothing to deal.
    #[error("there are no rows to take batches from")]
    NoRows,
    /// A batch of nothing.
    #[error("a batch must have at least one row")]
    ZeroSize,
    /// Only whole batches are wanted, and there isn't one.
    #[error("there is no whole batch: {rows} rows are fewer than the {size} of a batch")]
    NoWholeBatch {
        /// How many rows there are.
        rows: usize,
        /// How many a batch takes.
        size: usize,
    },
    /// A sequence alone is more than a batch may have.
    #[error("row {row} has {length} places, but a batch has at most {most}")]
    TooLong {
        /// The row.
        row: usize,
        /// Its places.
        length: usize,
        /// Places of a batch.
        most: usize,
    },
}

impl Batches {
    /// Batches of `size` out of `rows` rows.
    ///
    /// # Errors
    /// [`BatchError`] if either is 0.
    pub fn new(rows: usize, size: usize, seed: u64) -> Result<Self, BatchError> {
        match (rows, size) {
            (0, _) => Err(BatchError::NoRows),
            (_, 0) => Err(BatchError::ZeroSize),
            _ => Ok(Self {
                order: (0..rows).collect(),
                size,
                whole_only: false,
                seed,
                random: StdRng::seed_from_u64(seed),
                begun: 0,
                dealt: 0,
                resumed: false,
            }),
        }
    }

    /// Drops the rows that don't fill a batch; which ones differs from epoch to epoch.
    ///
    /// # Errors
    /// [`BatchError::NoWholeBatch`] if that would leave nothing.
    pub fn whole_only(self) -> Result<Self, BatchError> {
        if self.order.len() < self.size {
            return Err(BatchError::NoWholeBatch { rows: self.order.len(), size: self.size });
        }
        Ok(Self { whole_only: true, ..self })
    }

    /// How many batches an epoch has.
    pub fn per_epoch(&self) -> usize {
        if self.whole_only { self.order.len() / self.size } else { self.order.len().div_ceil(self.size) }
    }

    /// Shuffles, then gives the row numbers batch by batch; right after a [`resume`](Self::resume) within an epoch, what is
    /// left of that one.
    pub fn epoch(&mut self) -> Epoch<'_> {
        if !std::mem::take(&mut self.resumed) {
            self.begin();
        }
        let all = self.per_epoch();
        Epoch { batches: self.order.chunks(self.size), all, dealt: &mut self.dealt }
    }

    /// The next batch, from epoch to epoch without end.
    pub fn next_batch(&mut self) -> &[usize] {
        self.resumed = false;
        if self.begun == 0 || self.dealt == self.per_epoch() {
            self.begin();
        }
        let first = self.dealt * self.size;
        self.dealt += 1;
        &self.order[first..self.order.len().min(first + self.size)]
    }

    fn begin(&mut self) {
        self.order.shuffle(&mut self.random);
        (self.begun, self.dealt) = (self.begun + 1, 0);
    }

    /// Where it is: after the last batch that was taken.
    pub fn state(&self) -> Position {
        let (epoch, offset) = match self.begun {
            0 => (0, 0),
            begun if self.dealt == self.per_epoch() => (begun, 0),
            begun => (begun - 1, self.dealt as u64),
        };
        Position { seed: self.seed, epoch, offset }
    }

    /// Goes to a place that [`state`](Self::state) told, of batches of as many rows and of the same size. It shuffles as
    /// often as had been done there.
    ///
    /// # Errors
    /// [`PositionError::Offset`] if an epoch has fewer batches here; then nothing changes.
    ///
    /// ```
    /// use tensor_core::data::Batches;
    ///
    /// let mut batches = Batches::new(10, 4, 0)?;
    /// let all: Vec<Vec<usize>> = batches.clone().epoch().map(<[usize]>::to_vec).collect();
    /// batches.epoch().next();
    /// let at = batches.state();
    ///
    /// let mut later = Batches::new(10, 4, 0)?;
    /// later.resume(at)?;
    /// assert!(later.epoch().eq(&all[1..])); // what is left; the next epoch is whole
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resume(&mut self, at: Position) -> Result<(), PositionError> {
        let per_epoch = self.per_epoch() as u64;
        if at.offset > per_epoch {
            return Err(PositionError::Offset { offset: at.offset, per_epoch });
        }
        self.order = (0..self.order.len()).collect();
        (self.seed, self.random) = (at.seed, StdRng::seed_from_u64(at.seed));
        (self.begun, self.dealt, self.resumed) = (0, 0, at.offset > 0);
        for _ in 0..at.epoch + u64::from(self.resumed) {
            self.begin();
        }
        self.dealt = if self.resumed { at.offset as usize } else { self.per_epoch() };
        Ok(())
    }
}

impl Resume for Batches {
    fn state(&self) -> Position {
        Batches::state(self)
    }

    fn resume(&mut self, at: Position) -> Result<(), PositionError> {
        Batches::resume(self, at)
    }
}

impl Deal for Batches {
    fn next_batch(&mut self) -> &[usize] {
        Batches::next_batch(self)
    }

    fn per_epoch(&self) -> usize {
        Batches::per_epoch(self)
    }
}

/// The batches of an epoch that are left.
#[derive(Debug)]
pub struct Epoch<'b> {
    batches: std::slice::Chunks<'b, usize>,
    /// Batches of the whole epoch.
    all: usize,
    dealt: &'b mut usize,
}

impl<'b> Iterator for Epoch<'b> {
    type Item = &'b [usize];

    fn next(&mut self) -> Option<&'b [usize]> {
        if *self.dealt == self.all {
            return None;
        }
        let batch = self.batches.clone().nth(*self.dealt);
        *self.dealt += 1;
        batch
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.all - *self.dealt;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Epoch<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn epochs(batches: &mut Batches, count: usize) -> Vec<Vec<Vec<usize>>> {
        (0..count).map(|_| batches.epoch().map(<[usize]>::to_vec).collect()).collect()
    }

    #[test]
    fn each_epoch_deals_every_row_once() {
        let mut batches = Batches::new(23, 5, 1).unwrap();
        for _ in 0..3 {
            let mut rows: Vec<usize> = batches.epoch().flatten().copied().collect();
            rows.sort_unstable();
            assert!(rows.into_iter().eq(0..23));
        }
        assert_eq!(batches.per_epoch(), 5);
        assert_eq!(batches.epoch().len(), 5);
    }

    #[test]
    fn the_seed_decides_and_epochs_differ() {
        let deal = |seed| epochs(&mut Batches::new(50, 8, seed).unwrap(), 3);
        assert_eq!(deal(4), deal(4));
        assert_ne!(deal(4), deal(5));
        assert_ne!(deal(4)[0], deal(4)[1]);
    }

    #[test]
    fn whole_batches_only() {
        let mut batches = Batches::new(23, 5, 1).unwrap().whole_only().unwrap();
        assert_eq!(batches.per_epoch(), 4);
        assert!(batches.epoch().all(|rows| rows.len() == 5));
    }

    #[test]
    fn impossible_batches_are_refused() {
        assert_eq!(Batches::new(0, 5, 0).unwrap_err(), BatchError::NoRows);
        assert_eq!(Batches::new(5, 0, 0).unwrap_err(), BatchError::ZeroSize);
        assert_eq!(
            Batches::new(5, 6, 0).unwrap().whole_only().unwrap_err().to_string(),
            "there is no whole batch: 5 rows are fewer than the 6 of a batch"
        );
    }

    /// The batches after each place of three epochs are those that a resume there gives.
    #[test]
    fn a_resume_goes_on_with_the_same_batches() {
        for whole_only in [false, true] {
            let new = |seed| {
                let batches = Batches::new(23, 5, seed).unwrap();
                if whole_only { batches.whole_only().unwrap() } else { batches }
            };
            let mut batches = new(3);
            let all: Vec<(Position, Vec<usize>)> =
                (0..14).map(|_| (batches.state(), batches.next_batch().to_vec())).collect();
            let mut looped = new(3);
            let by_epochs = epochs(&mut looped, 4).concat();
            assert!(all.iter().map(|(_, rows)| rows).eq(&by_epochs[..14]));
            for (place, (at, _)) in all.iter().enumerate() {
                let mut resumed = new(99);
                resumed.epoch().next(); // whatever it did before
                resumed.resume(*at).unwrap();
                assert_eq!(resumed.state(), *at);
                let rest: Vec<Vec<usize>> = (place..14).map(|_| resumed.next_batch().to_vec()).collect();
                assert!(rest.iter().eq(all[place..].iter().map(|(_, rows)| rows)), "{at}");
                resumed.resume(*at).unwrap();
                let left = resumed.epoch().map(<[usize]>::to_vec).collect::<Vec<_>>();
                assert_eq!(left.len() as u64 + at.offset, resumed.per_epoch() as u64);
                assert_eq!(left[0], all[place].1);
            }
        }
    }

    #[test]
    fn an_epoch_left_early_is_over() {
        let (mut left, mut whole) = (Batches::new(9, 2, 1).unwrap(), Batches::new(9, 2, 1).unwrap());
        assert_eq!(left.epoch().take(2).count(), 2);
        assert_eq!(left.state(), Position { seed: 1, epoch: 0, offset: 2 });
        whole.epoch();
        assert!(left.epoch().eq(whole.epoch()));
    }

    #[test]
    fn a_place_beyond_the_epoch_is_refused() {
        let mut batches = Batches::new(10, 5, 0).unwrap();
        let first = batches.clone().next_batch().to_vec();
        let error = batches.resume(Position { seed: 0, epoch: 1, offset: 3 }).unwrap_err();
        assert_eq!(error, PositionError::Offset { offset: 3, per_epoch: 2 });
        assert_eq!(batches.next_batch(), first);
    }
}
