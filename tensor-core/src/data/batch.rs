//! Mini-batches in a seeded order.

use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

/// Deals out the row numbers `0..rows` in batches, newly shuffled for each epoch.
///
/// The last batch holds what is left over, unless [`whole_only`](Self::whole_only) drops it. The same rows, size and
/// seed give the same batches, epoch for epoch.
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
    random: StdRng,
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
                random: StdRng::seed_from_u64(seed),
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

    /// Shuffles, then gives the row numbers batch by batch.
    pub fn epoch(&mut self) -> impl ExactSizeIterator<Item = &[usize]> {
        self.order.shuffle(&mut self.random);
        self.order.chunks(self.size).take(self.per_epoch())
    }
}

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
}
