//! Sequences of different lengths in one batch: padded to the longest, and dealt so that there is little to pad.

use dfdx::prelude::{Device, Storage, Tensor, TensorFromVec};
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

use super::{BatchError, Position, PositionError, Resume};
use crate::Error;
use crate::param::Element;

/// Sequences of ids, filled up to the length of the longest, with a mask that is 1 where a sequence is and 0 where it was
/// filled up, as `mask: padding` and `pool` take it.
///
/// ```
/// use tensor_core::data::Padded;
/// use tensor_core::prelude::*;
///
/// let padded = Padded::of(&[&[5, 6, 7][..], &[8]], 0);
/// assert_eq!((padded.rows(), padded.length()), (2, 3));
/// assert_eq!(padded.ids(), [5, 6, 7, 8, 0, 0]);
/// let mask: Tensor<(usize, usize), f32, Cpu> = padded.mask_on(&Cpu::default())?;
/// assert_eq!(mask.as_vec(), [1.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Padded {
    ids: Vec<usize>,
    lengths: Vec<usize>,
    length: usize,
}

impl Padded {
    /// Fills up with the id `fill`.
    pub fn of<S: AsRef<[usize]>>(sequences: &[S], fill: usize) -> Self {
        let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.as_ref().len()).collect();
        let length = lengths.iter().copied().max().unwrap_or(0);
        let mut ids = vec![fill; sequences.len() * length];
        if length > 0 {
            for (row, sequence) in ids.chunks_exact_mut(length).zip(sequences) {
                row[..sequence.as_ref().len()].copy_from_slice(sequence.as_ref());
            }
        }
        Padded { ids, lengths, length }
    }

    /// How many sequences there are.
    pub fn rows(&self) -> usize {
        self.lengths.len()
    }

    /// The length of the longest.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The length of each before it was filled up.
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// The ids, row by row.
    pub fn ids(&self) -> &[usize] {
        &self.ids
    }

    /// 1 or 0 for each place, row by row.
    fn mask(&self) -> impl Iterator<Item = f64> {
        let length = self.length;
        self.lengths
            .iter()
            .flat_map(move |&own| (0..length).map(move |place| if place < own { 1.0 } else { 0.0 }))
    }

    /// The ids on a device, `[rows, length]`.
    ///
    /// # Errors
    /// [`Error::Device`] if the device runs out of memory.
    pub fn ids_on<D: Storage<usize> + TensorFromVec<usize>>(
        &self,
        device: &D,
    ) -> Result<Tensor<(usize, usize), usize, D>, Error> {
        device.try_tensor_from_vec(self.ids.clone(), (self.rows(), self.length)).map_err(Error::device)
    }

    /// The mask on a device, `[rows, length]`.
    ///
    /// # Errors
    /// [`Error::Device`] if the device runs out of memory.
    pub fn mask_on<E: Element, D: Device<E>>(
        &self,
        device: &D,
    ) -> Result<Tensor<(usize, usize), E, D>, Error> {
        let mask = self.mask().map(E::of).collect();
        device.try_tensor_from_vec(mask, (self.rows(), self.length)).map_err(Error::device)
    }
}

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
        if self.dealt == self.batches.len() {
            self.epoch += 1;
            self.shuffle();
        }
        self.dealt += 1;
        &self.batches[self.dealt - 1]
    }

    /// Where it is: after the last batch that was taken.
    pub fn state(&self) -> Position {
        let over = self.dealt == self.batches.len();
        let (epoch, offset) = if over { (self.epoch + 1, 0) } else { (self.epoch, self.dealt as u64) };
        Position { seed: self.seed, epoch, offset }
    }

    /// Goes to a place that [`state`](Self::state) told, of the same lengths and settings.
    ///
    /// # Errors
    /// [`PositionError::Offset`] if that epoch has fewer batches here; then nothing changes.
    pub fn resume(&mut self, at: Position) -> Result<(), PositionError> {
        let mut there = Buckets { seed: at.seed, epoch: at.epoch, ..self.clone() }.shuffled();
        let per_epoch = there.batches.len() as u64;
        if at.offset > per_epoch {
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

/// One number of a seed and a counter, as SplitMix64 makes it.
pub(super) fn mixed(seed: u64, counter: u64) -> u64 {
    let mut z = seed.wrapping_add(counter.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
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
            let count = {
                buckets.next_batch();
                buckets.dealt -= 1; // to look at the epoch's count before the first batch
                buckets.per_epoch()
            };
            for _ in 0..count {
                let batch = buckets.next_batch();
                let here = batch.len() * batch.iter().map(|&row| lengths[row]).max().unwrap();
                assert!(batch.len() <= 16 && here <= 700);
                places += here;
                seen.extend_from_slice(batch);
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
        let beyond = Position { seed: 3, epoch: 0, offset: 9 };
        assert_eq!(buckets.resume(beyond), Err(PositionError::Offset { offset: 9, per_epoch: 8 }));
    }

    #[test]
    fn impossible_ones_are_refused() {
        assert_eq!(Buckets::new(&[], 2, 0).unwrap_err(), BatchError::NoRows);
        assert_eq!(Buckets::new(&[1], 0, 0).unwrap_err(), BatchError::ZeroSize);
        let error = Buckets::new(&[3, 9], 2, 0).unwrap().most_places(8).unwrap_err();
        assert_eq!(error.to_string(), "row 1 has 9 places, but a batch has at most 8");
        let empty: [&[usize]; 0] = [];
        assert_eq!(Padded::of(&empty, 0).length(), 0);
        assert!(Padded::of(&[&[][..], &[]], 0).ids().is_empty());
    }
}
