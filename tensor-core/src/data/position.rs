//! Where in its data a training is, to go on from there later.

use std::fmt;
use std::str::FromStr;

/// Where a source of batches is: all that it takes to deal the same ones from there on, in a few bytes.
///
/// As text it is `seed=7 epoch=2 offset=13`, which parses again.
///
/// ```
/// use tensor_core::data::{Batches, Position};
///
/// let mut batches = Batches::new(10, 4, 7)?;
/// batches.next_batch();
/// let at = batches.state();
/// assert_eq!(at, Position { seed: 7, epoch: 0, offset: 1 });
/// let then = batches.next_batch().to_vec();
///
/// let mut later = Batches::new(10, 4, 0)?;
/// later.resume(at.to_string().parse()?)?;
/// assert_eq!(later.next_batch(), then);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Position {
    /// What the order is drawn from.
    pub seed: u64,
    /// Passes over the data that are complete; 0 for a source that knows no passes.
    pub epoch: u64,
    /// Batches that were dealt of the pass under way.
    pub offset: u64,
}

/// A source of batches that can say where it is, and go on from there.
pub trait Resume {
    /// Where it is: after the last batch that it dealt.
    fn state(&self) -> Position;

    /// Goes to this place; what follows is what followed there, bit for bit, if the source has the same data, and batches
    /// of the same size.
    ///
    /// # Errors
    /// [`PositionError`] if there is no such place; then nothing changes.
    fn resume(&mut self, at: Position) -> Result<(), PositionError>;
}

/// What deals out row numbers in batches, without end: [`Batches`](super::Batches), [`Buckets`](super::Buckets).
pub trait Deal: Resume {
    /// The next batch, from epoch to epoch.
    fn next_batch(&mut self) -> &[usize];

    /// How many batches the epoch has that the next batch is of.
    fn per_epoch(&self) -> usize;
}

/// A position that can't be gone to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PositionError {
    /// A pass is shorter.
    #[error(
        "{offset} batches of an epoch were dealt, but an epoch has {per_epoch} here: other data or batches of another size"
    )]
    Offset {
        /// Batches dealt.
        offset: u64,
        /// Batches that an epoch has.
        per_epoch: u64,
    },
    /// A source that deals without end has no epochs.
    #[error(
        "{0} epochs were complete, but the source here has no epochs: the position is that of another one"
    )]
    Epoch(u64),
    /// A text is no position.
    #[error("a position is written as `seed=7 epoch=2 offset=13`, not as `{0}`")]
    Text(String),
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed={} epoch={} offset={}", self.seed, self.epoch, self.offset)
    }
}

impl FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let mut words = text.split(' ');
        let mut number = |name: &str| words.next()?.strip_prefix(name)?.strip_prefix('=')?.parse().ok();
        let found = (number("seed"), number("epoch"), number("offset"));
        match (found, words.next()) {
            ((Some(seed), Some(epoch), Some(offset)), None) => Ok(Position { seed, epoch, offset }),
            _ => Err(PositionError::Text(text.to_owned())),
        }
    }
}

/// One number of a seed and a counter, as SplitMix64 makes it.
pub(super) fn mixed(seed: u64, counter: u64) -> u64 {
    let mut z = seed.wrapping_add(counter.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_its_text() {
        let at = Position { seed: u64::MAX, epoch: 0, offset: 12 };
        assert_eq!(at.to_string().parse(), Ok(at));
        for wrong in
            ["", "seed=1 epoch=2", "seed=1 epoch=2 offset=-3", "seed=1 epoch=2 offset=3 more", "1 2 3"]
        {
            let error = wrong.parse::<Position>().unwrap_err();
            assert!(error.to_string().ends_with(&format!("not as `{wrong}`")), "{error}");
        }
    }
}
