//! A log as pictures of curves.

use std::path::PathBuf;

use super::{LogError, Record, Records, Sink, measures};
use crate::train::Chart;

/// Draws what was recorded, at each [`flush`](Sink::flush): one SVG and PNG a measure, with a curve a group.
///
/// `train/loss` and `validation/loss` are two curves of `loss.svg`, since what has a unit in common can be compared;
/// `train/learning_rate` has a chart of its own.
///
/// ```
/// use tensor_core::train::{Curves, Record, Sink};
///
/// # let folder = std::env::temp_dir().join(format!("tensor-core-curves-{}", std::process::id()));
/// let mut curves = Curves::new(&folder);
/// for step in 1..=3 {
///     let loss = 1.0 / step as f64;
///     let values = [("train/loss", loss), ("validation/loss", loss + 0.1)];
///     curves.record(&Record { step, epoch: 0.0, seconds: 0.5, values: &values })?;
/// }
/// curves.flush()?;
/// assert!(folder.join("loss.svg").is_file() && folder.join("loss.png").is_file());
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), tensor_core::train::LogError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Curves {
    folder: PathBuf,
    records: Records,
}

impl Curves {
    /// Draws into this folder, which is made if it is absent.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), records: Records::new() }
    }

    /// Goes on from what an earlier run recorded, such as what [`Records::read`] read.
    pub fn after(mut self, records: Records) -> Self {
        self.records = records;
        self
    }
}

impl Sink for Curves {
    fn record(&mut self, record: &Record<'_>) -> Result<(), LogError> {
        self.records.record(record)
    }

    fn resume(&mut self, step: u64) -> Result<(), LogError> {
        self.records.resume(step)
    }

    fn flush(&mut self) -> Result<(), LogError> {
        let mut taken = Vec::new();
        for measure in measures(self.records.names()) {
            let mut chart = Chart::new(measure.name).horizontal("step").vertical(measure.name);
            let mut is_empty = true;
            for (group, full) in measure.curves {
                let points: Vec<_> =
                    self.records.curve(full).map(|point| (point.step as f64, point.value)).collect();
                is_empty &= points.iter().all(|(_, value)| !value.is_finite());
                chart = chart.curve(if group.is_empty() { measure.name } else { group }, points);
            }
            if !is_empty {
                let name = file_name(measure.name, &taken);
                chart.save(self.folder.join(&name))?;
                taken.push(name);
            }
        }
        Ok(())
    }
}

/// A name of a file for a measure, which none of the others has.
fn file_name(measure: &str, taken: &[String]) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_".contains(letter);
    let plain: String = measure.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
    let plain = if plain.is_empty() { "values".to_owned() } else { plain };
    let numbered = (2..).map(|number| format!("{plain}_{number}"));
    let free = std::iter::once(plain.clone()).chain(numbered).find(|name| !taken.contains(name));
    free.unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_measure_has_a_file_of_its_own() {
        assert_eq!(file_name("gradient/../norm", &[]), "gradient____norm");
        assert_eq!(file_name("a b", &["a_b".to_owned()]), "a_b_2");
        assert_eq!(file_name("", &[]), "values");
    }

    #[test]
    fn what_cannot_be_drawn_is_left_out() {
        let folder = std::env::temp_dir().join(format!("tensor-core-no-curves-{}", std::process::id()));
        let mut curves = Curves::new(&folder);
        curves
            .record(&Record { step: 1, epoch: 0.0, seconds: 0.0, values: &[("a", f64::NAN), ("b", 1.0)] })
            .unwrap();
        curves.flush().unwrap();
        assert!(!folder.join("a.svg").exists() && folder.join("b.svg").exists());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
