//! Sequences of similar lengths in one batch, so that there is little to pad.

use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

use super::position::mixed;
use super::{BatchError, Deal, Position, PositionError, Resume};

/// Deals out the numbers of sequences in batches of similar lengths, without end, so that little is padded: those of about
/// a hundred batches are sorted by length, cut into batches, and these are shuffled.
///
/// Each epoch deals every sequence once. The same lengths, settings and seed give the same batches.
///
/// ```
/// use tensor_core::data::Buckets;
///
/// let lengths: Vec<usize> = (0..100).map(|i| 1 + (i * 37) % 60).collect();
/// let mut buckets = Buckets::new(&lengths, 8, 7)?.most_places(256)?;
/// let batch = buckets.next_batch();
/// let longest = batch.iter().map(|&i| lengths[i]).max().unwrap();
/// assert!(batch.len() <= 8 && batch.len() * longest <= 256);
/// # Ok::<(), tensor_core::data::BatchError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Buckets {
    lengths: Vec<usize>,
    size: usize,
    most_places: usize,
    seed: u64,
    epoch: u64,
    /// Batches of the epoch under way, and how many of them were dealt.
    batches: Vec<Vec<usize>>,
    dealt: usize,
    /// The last batch of the epoch before.
    last: Vec<usize>,
}

/// Batches whose sequences are sorted together.
const SORTED_TOGETHER: usize = 100;

impl Buckets {
    /// Batches of at most `size` sequences of these lengths.
    ///
    /// # Errors
    /// [`BatchError::NoRows`], [`BatchError::ZeroSize`].
    pub fn new(lengths: &[usize], size: usize, seed: u64) -> Result<Self, BatchError> {
        match (lengths.len(), size) {
            (0, _) => Err(BatchError::NoRows),
            (_, 0) => Err(BatchError::ZeroSize),
            _ => Ok(Buckets {
                lengths: lengths.to_vec(),
                size,
                most_places: usize::MAX,
                seed,
                epoch: 0,
                batches: Vec::new(),
                dealt: 0,
                last: Vec::new(),
            }
            .shuffled()),
        }
    }

    /// Batches of at most so many places, padding included, which bounds the memory that a step takes.
    ///
    /// # Errors
    /// [`BatchError::TooLong`] if a sequence is longer.
    pub fn most_places(mut self, most: usize) -> Result<Self, BatchError> {
        if let Some((row, &length)) = self.lengths.iter().enumerate().find(|(_, length)| **length > most) {
            return Err(BatchError::TooLong { row, length, most });
        }
        self.most_places = most;
        Ok(self.shuffled())
    }

    /// How many batches the epoch under way has; with [`most_places`](Self::most_places) it differs from epoch to epoch.
    pub fn per_epoch(&self) -> usize {
        self.batches.len()
    }

    /// The next batch, from epoch to epoch without end.
    pub fn next_batch(&mut self) -> &[usize] {
        let next = self.dealt;
        self.dealt += 1;
        if self.dealt < self.batches.len() {
            return &self.batches[next];
        }
        // The next epoch begins with the last batch of this one, so that a state is always within an epoch.
        self.last = std::mem::take(&mut self.batches[next]);
        self.epoch += 1;
        self.shuffle();
        &self.last
    }

    /// What is left of the epoch under way.
    pub fn epoch(&mut self) -> impl Iterator<Item = Vec<usize>> {
        let left = self.batches.len() - self.dealt;
        std::iter::repeat_with(|| self.next_batch().to_vec()).take(left)
    }

    /// Where it is: after the last batch that was taken.
    pub fn state(&self) -> Position {
        Position { seed: self.seed, epoch: self.epoch, offset: self.dealt as u64 }
    }

    /// Goes to a place that [`state`](Self::state) told, of the same lengths and settings.
    ///
    /// # Errors
    /// [`PositionError::Offset`] if that epoch has fewer batches here; then nothing changes.
    pub fn resume(&mut self, at: Position) -> Result<(), PositionError> {
        let mut there = Buckets { seed: at.seed, epoch: at.epoch, ..self.clone() }.shuffled();
        let per_epoch = there.batches.len() as u64;
        if at.offset >= per_epoch {
            return Err(PositionError::Offset { offset: at.offset, per_epoch });
        }
        there.dealt = at.offset as usize;
        *self = there;
        Ok(())
    }

    fn shuffled(mut self) -> Self {
        self.shuffle();
        self
    }

    /// Makes the batches of the epoch, which depend on the seed and the epoch's number alone.
    fn shuffle(&mut self) {
        let mut random = StdRng::seed_from_u64(mixed(self.seed, self.epoch));
        let mut order: Vec<usize> = (0..self.lengths.len()).collect();
        order.shuffle(&mut random);
        self.batches.clear();
        self.dealt = 0;
        for together in order.chunks_mut(self.size.saturating_mul(SORTED_TOGETHER)) {
            together.sort_by_key(|&row| self.lengths[row]); // stable: those of one length stay shuffled
            let mut batch = Vec::new();
            for &row in &*together {
                let full =
                    batch.len() == self.size || (batch.len() + 1) * self.lengths[row] > self.most_places;
                if full && !batch.is_empty() {
                    self.batches.push(std::mem::take(&mut batch));
                }
                batch.push(row);
            }
            self.batches.push(batch);
        }
        self.batches.shuffle(&mut random);
    }
}

impl Deal for Buckets {
    fn next_batch(&mut self) -> &[usize] {
        Buckets::next_batch(self)
    }

    fn per_epoch(&self) -> usize {
        Buckets::per_epoch(self)
    }
}

impl Resume for Buckets {
    fn state(&self) -> Position {
        Buckets::state(self)
    }

    fn resume(&mut self, at: Position) -> Result<(), PositionError> {
        Buckets::resume(self, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths() -> Vec<usize> {
        (0..500).map(|i| 1 + (i * i * 31) % 97).collect()
    }

    #[test]
    fn nothing_is_lost_and_little_is_padded() {
        let lengths = lengths();
        let mut buckets = Buckets::new(&lengths, 16, 3).unwrap().most_places(700).unwrap();
        for _ in 0..3 {
            let (mut seen, mut places) = (Vec::new(), 0);
            for batch in buckets.epoch() {
                let here = batch.len() * batch.iter().map(|&row| lengths[row]).max().unwrap();
                assert!(batch.len() <= 16 && here <= 700);
                places += here;
                seen.extend_from_slice(&batch);
            }
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..500));
            let all: usize = lengths.iter().sum();
            assert!(places < all * 11 / 10, "{places} places for {all} ids");
        }
    }

    #[test]
    fn a_resume_goes_on_with_the_same_batches() {
        let lengths = lengths();
        let new = |seed| Buckets::new(&lengths, 64, seed).unwrap();
        let mut buckets = new(3);
        let all: Vec<(Position, Vec<usize>)> =
            (0..25).map(|_| (buckets.state(), buckets.next_batch().to_vec())).collect();
        assert_ne!(all[0].1, all[8].1);
        for (place, (at, _)) in all.iter().enumerate() {
            let mut resumed = new(0);
            resumed.resume(*at).unwrap();
            assert_eq!(resumed.state(), *at);
            let rest: Vec<Vec<usize>> = (place..25).map(|_| resumed.next_batch().to_vec()).collect();
            assert!(rest.iter().eq(all[place..].iter().map(|(_, rows)| rows)), "{at}");
        }
        let beyond = Position { seed: 3, epoch: 0, offset: 8 };
        assert_eq!(buckets.resume(beyond), Err(PositionError::Offset { offset: 8, per_epoch: 8 }));
    }

    #[test]
    fn impossible_ones_are_refused() {
        assert_eq!(Buckets::new(&[], 2, 0).unwrap_err(), BatchError::NoRows);
        assert_eq!(Buckets::new(&[1], 0, 0).unwrap_err(), BatchError::ZeroSize);
        let error = Buckets::new(&[3, 9], 2, 0).unwrap().most_places(8).unwrap_err();
        assert_eq!(error.to_string(), "row 1 has 9 places, but a batch has at most 8");
    }
}
