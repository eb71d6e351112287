//! What a training measured, kept in memory.

use std::{fs::File, io::BufReader, path::Path};

use super::{LogError, Record, Sink, line};

/// All records of a training, for the report and for charts of one's own.
///
/// ```
/// use tensor_core::train::{Records, Record, Sink};
///
/// let mut records = Records::new();
/// for step in 1..=3 {
///     let loss = 1.0 / step as f64;
///     records.record(&Record { step, epoch: 0.0, seconds: 0.5, values: &[("train/loss", loss)] })?;
/// }
/// assert_eq!(records.names().collect::<Vec<_>>(), ["train/loss"]);
/// assert_eq!(records.last("train/loss").map(|last| (last.step, last.value)), Some((3, 1.0 / 3.0)));
/// # Ok::<(), tensor_core::train::LogError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// In the order in which they first came.
    names: Vec<String>,
    moments: Vec<Moment>,
}

#[derive(Clone, Debug)]
struct Moment {
    step: u64,
    epoch: f64,
    seconds: f64,
    /// Indices into the names.
    values: Vec<(usize, f64)>,
}

/// One number of a training, and when it was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Optimizer steps done.
    pub step: u64,
    /// Passes over the training data.
    pub epoch: f64,
    /// Seconds since the training began.
    pub seconds: f64,
    /// What was measured.
    pub value: f64,
}

impl Records {
    /// No records.
    pub fn new() -> Self {
        Self::default()
    }

    /// The records that [`JsonLines`](super::JsonLines) wrote; a half line at the end, as of a run that was killed, is no matter.
    ///
    /// # Errors
    /// [`LogError::Read`], and [`LogError::Damaged`] if it is no such file.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, LogError> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|source| LogError::Read { path: path.to_owned(), source })?;
        let mut records = Records::new();
        line::read(path, BufReader::new(file), |line| {
            let values = line.values.iter().map(|(name, value)| (name.as_str(), *value));
            records.add(line.step, line.epoch, line.seconds, values);
            true
        })?;
        Ok(records)
    }

    /// The names of what was measured, in the order in which they first came.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// All numbers of one name, in the order of their steps; none if there is no such name.
    pub fn curve(&self, name: &str) -> impl Iterator<Item = Measured> {
        let index = self.names.iter().position(|known| known == name);
        let of = move |moment: &Moment| {
            let &(_, value) = moment.values.iter().find(|(at, _)| Some(*at) == index)?;
            Some(Measured { step: moment.step, epoch: moment.epoch, seconds: moment.seconds, value })
        };
        self.moments.iter().filter_map(of)
    }

    /// The last number of this name.
    pub fn last(&self, name: &str) -> Option<Measured> {
        self.curve(name).last()
    }

    /// The least number of this name, the first of equals; NaN is left out.
    pub fn least(&self, name: &str) -> Option<Measured> {
        self.first_best(name, |new, best| new < best)
    }

    /// The largest number of this name, the first of equals; NaN is left out.
    pub fn most(&self, name: &str) -> Option<Measured> {
        self.first_best(name, |new, best| new > best)
    }

    /// Steps done when the last record came.
    pub fn steps(&self) -> u64 {
        self.moments.last().map_or(0, |moment| moment.step)
    }

    /// Passes over the training data when the last record came.
    pub fn epochs(&self) -> f64 {
        self.moments.last().map_or(0.0, |moment| moment.epoch)
    }

    /// Seconds that the training took until the last record.
    pub fn seconds(&self) -> f64 {
        self.moments.last().map_or(0.0, |moment| moment.seconds)
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.moments.is_empty()
    }

    fn first_best(&self, name: &str, better: fn(f64, f64) -> bool) -> Option<Measured> {
        let numbers = self.curve(name).filter(|measured| !measured.value.is_nan());
        numbers.reduce(|best, new| if better(new.value, best.value) { new } else { best })
    }

    fn add<'v>(&mut self, step: u64, epoch: f64, seconds: f64, values: impl Iterator<Item = (&'v str, f64)>) {
        let values = values.map(|(name, value)| (self.index(name), value)).collect();
        self.moments.push(Moment { step, epoch, seconds, values });
    }

    fn index(&mut self, name: &str) -> usize {
        self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        })
    }
}

impl Sink for Records {
    fn record(&mut self, record: &Record<'_>) -> Result<(), LogError> {
        if record.step < self.steps() {
            self.moments.retain(|moment| moment.step < record.step);
        }
        self.add(record.step, record.epoch, record.seconds, record.values.iter().copied());
        Ok(())
    }

    fn resume(&mut self, step: u64) -> Result<(), LogError> {
        self.moments.retain(|moment| moment.step <= step);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_is_the_first_of_equals_and_no_nan() {
        let mut records = Records::new();
        for (step, value) in [(1, f64::NAN), (2, 0.5), (3, 0.25), (4, 0.25), (5, f64::NAN)] {
            records.record(&Record { step, epoch: 0.5, seconds: 1.0, values: &[("a/b", value)] }).unwrap();
        }
        assert_eq!(records.least("a/b").unwrap().step, 3);
        assert_eq!(records.most("a/b").unwrap().step, 2);
        assert!(records.last("a/b").unwrap().value.is_nan());
        assert!(records.least("b").is_none() && records.curve("b").next().is_none());
        records.resume(3).unwrap();
        assert_eq!((records.steps(), records.curve("a/b").count()), (3, 3));
    }
}
